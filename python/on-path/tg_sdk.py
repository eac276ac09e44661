"""Imports the tg_sdk that is installed where the plan runs, else the one that comes with tg.

tg puts this folder on PYTHONPATH, which Python searches before installed packages. Without this module, a plan would
not get the tg_sdk that its virtual environment pins.
"""

import importlib.machinery
import importlib.util
import os
import sys


def _load():
    here = os.path.dirname(os.path.abspath(__file__))
    others = [folder for folder in sys.path if os.path.abspath(folder) != here]
    spec = importlib.machinery.PathFinder.find_spec(__name__, others + [os.path.dirname(here)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[__name__] = module
    spec.loader.exec_module(module)


_load()
