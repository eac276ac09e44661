"""
The SDK of tg for plans in Python: one file that needs only the standard library of Python 3.9 or later.

    import tg_sdk

    def meet(runenv: tg_sdk.RunEnv, init: tg_sdk.InitContext) -> None:
        seq = init.sync_client.signal_and_wait("met", runenv.test_instance_count)
        runenv.record_message(f"I am number {seq}")

    if __name__ == "__main__":
        tg_sdk.invoke_map({"meet": meet})

A test case that is an ``async def`` gets an AsyncInitContext: the same clients, whose methods are awaited.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 9):
    raise ImportError("tg_sdk needs Python 3.9 or later; this is %s (%s)" % (sys.version.split()[0], sys.executable))

import base64
import builtins
import dataclasses
import enum
import hashlib
import inspect
import ipaddress
import json
import linecache
import math
import os
import random
import re
import selectors
import shutil
import socket
import threading
import time
import traceback
from collections import deque
from contextlib import contextmanager
from decimal import Decimal
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    Deque,
    Dict,
    Iterator,
    List,
    Mapping,
    NoReturn,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
    Union,
)

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

__version__ = "0.1.0"

__all__ = [
    "AsyncInitContext",
    "AsyncNetworkClient",
    "AsyncSubscription",
    "AsyncSyncClient",
    "Counter",
    "Ewma",
    "FilterAction",
    "Gauge",
    "Histogram",
    "InitContext",
    "LinkRule",
    "LinkShape",
    "Meter",
    "Metrics",
    "NetworkClient",
    "NetworkConfig",
    "NetworkError",
    "ParamError",
    "RunEnv",
    "RunEnvError",
    "RunParams",
    "Subscription",
    "SyncClient",
    "SyncError",
    "SyncTimeout",
    "TestFailure",
    "TgError",
    "Timer",
    "invoke",
    "invoke_map",
]

_T = TypeVar("_T")
_I = TypeVar("_I", bound="_Instrument")
_Json = Dict[str, Any]


# --- errors ---------------------------------------------------------------------------------------------------------


class TgError(Exception):
    """An error of the SDK. A test case that raises one has failed, not crashed."""


class TestFailure(TgError):
    """Raised by a test case to fail. An AssertionError does the same."""

    # Or pytest would collect this class as tests.
    __test__ = False


class RunEnvError(TgError):
    """The run environment is missing or invalid."""


class ParamError(TgError):
    """A parameter is not set, or does not have the requested type."""

    def __init__(self, param: str, problem: str) -> None:
        super().__init__(f'parameter "{param}" {problem}')
        #: The parameter's name.
        self.param = param


class SyncError(TgError):
    """The sync service cannot be reached, was lost, or answered with an error."""


class SyncTimeout(SyncError, TimeoutError):
    """A wait has reached its timeout."""


class NetworkError(TgError):
    """The network cannot be configured, or has no address."""


# --- the run environment as data ------------------------------------------------------------------------------------

_OUTSIDE = (
    "start this plan with `tg run single --plan FOLDER`, "
    'or set the run environment by hand: see "By hand" in docs/python.md of tg'
)


@dataclasses.dataclass(frozen=True)
class RunParams:
    """The values of the run environment: the variables TEST_*."""

    test_plan: str
    test_case: str
    test_run: str
    test_instance_count: int
    test_group_id: str
    test_group_instance_count: int
    test_instance_role: str
    test_instance_params: Mapping[str, str]
    test_capture_profiles: Mapping[str, str]
    #: The absolute path of a folder whose files are collected. Empty outside a run.
    test_outputs_path: str
    #: The absolute path of a folder that is removed with the run. Empty outside a run.
    test_temp_path: str
    test_subnet: str
    test_sidecar: bool
    test_disable_metrics: bool
    #: RFC 3339.
    test_start_time: str
    test_repo: str
    test_branch: str
    test_tag: str
    #: The instance's own seed, a decimal number; empty outside a run, and with another runner than tg.
    test_seed: str

    @classmethod
    def from_environ(cls, environ: Optional[Mapping[str, str]] = None) -> RunParams:
        """
        Reads the run environment from variables.

        :raises RunEnvError: if a variable is not set, or is not a number.
        """
        env = os.environ if environ is None else environ

        def text(name: str) -> str:
            return env.get(name, "")

        def required(name: str) -> str:
            if name in env:
                return env[name]
            raise RunEnvError(f"{name} is not set: {_OUTSIDE}")

        def count(name: str) -> int:
            value = required(name)
            if re.fullmatch(r"[0-9]+", value):
                return int(value)
            raise RunEnvError(f"{name} must be a whole number, not {_quoted(value)}")

        return cls(
            test_plan=required("TEST_PLAN"),
            test_case=required("TEST_CASE"),
            test_run=required("TEST_RUN"),
            test_instance_count=count("TEST_INSTANCE_COUNT"),
            test_group_id=required("TEST_GROUP_ID"),
            test_group_instance_count=count("TEST_GROUP_INSTANCE_COUNT"),
            test_instance_role=text("TEST_INSTANCE_ROLE"),
            test_instance_params=_unpack(text("TEST_INSTANCE_PARAMS")),
            test_capture_profiles=_unpack(text("TEST_CAPTURE_PROFILES")),
            test_outputs_path=text("TEST_OUTPUTS_PATH"),
            test_temp_path=text("TEST_TEMP_PATH"),
            test_subnet=text("TEST_SUBNET"),
            test_sidecar=text("TEST_SIDECAR") == "true",
            test_disable_metrics=text("TEST_DISABLE_METRICS") == "true",
            test_start_time=text("TEST_START_TIME"),
            test_repo=text("TEST_REPO"),
            test_branch=text("TEST_BRANCH"),
            test_tag=text("TEST_TAG"),
            test_seed=text("TEST_SEED"),
        )

    def _start_event(self) -> _Json:
        """The run environment as recorded in the start event."""
        event: _Json = {
            "plan": self.test_plan,
            "case": self.test_case,
            "run": self.test_run,
            "params": dict(self.test_instance_params),
            "instances": self.test_instance_count,
            "outputs_path": self.test_outputs_path,
            "temp_path": self.test_temp_path,
            "network": self.test_subnet,
            "group": self.test_group_id,
            "group_instances": self.test_group_instance_count,
        }
        optional = {
            "role": self.test_instance_role,
            "repo": self.test_repo,
            "branch": self.test_branch,
            "tag": self.test_tag,
        }
        event.update({key: value for key, value in optional.items() if value != ""})
        return event


def _unpack(packed: str) -> Dict[str, str]:
    """Parses ``k=v`` pairs joined with ``|``; a pair with more than one ``=`` is split at the first."""
    pairs = [pair.split("=", 1) for pair in packed.split("|") if "=" in pair]
    return {key: value for key, value in pairs}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# --- parameters -----------------------------------------------------------------------------------------------------

_SIZE = re.compile(r"([0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+)\s*([kmgtpe]?)(i?)b?", re.IGNORECASE)
_STEPS = ["", "k", "m", "g", "t", "p", "e"]
_AMOUNT = r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_DURATION = re.compile(rf"[-+]?(?:{_AMOUNT})+")
_UNITS_IN_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


def _parse_int(text: str) -> Optional[int]:
    return int(text) if re.fullmatch(r"[-+]?[0-9]+", text) else None


def _parse_float(text: str) -> Optional[float]:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) or "_" in text else value


def _parse_bool(text: str) -> Optional[bool]:
    return {"true": True, "false": False}.get(text.lower())


def _parse_size(text: str) -> Optional[int]:
    """Parses a size into bytes, as the Go SDK does: units with an ``i`` are powers of 1024, others of 1000."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    amount, step, binary = match.groups()
    if binary and not step:
        return None
    base = 1024 if binary else 1000
    return int(Decimal(amount.replace(",", "")) * base ** _STEPS.index(step.lower()))


def _parse_duration(text: str) -> Optional[float]:
    """Parses a duration in Go's format into seconds: ``90s``, ``1h30m``, ``250ms``."""
    if text in ("0", "+0", "-0"):
        return 0.0
    if _DURATION.fullmatch(text) is None:
        return None
    ns = sum((Decimal(amount) * _UNITS_IN_NS[unit] for amount, unit in re.findall(_AMOUNT, text)), Decimal(0))
    return float((-ns if text.startswith("-") else ns) / 1_000_000_000)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_json(text: str) -> Optional[Tuple[Any]]:
    """The value of a JSON text, in a tuple, because ``null`` is a value too."""
    try:
        return (json.loads(text, parse_constant=_no_constant),)
    except ValueError:
        return None


class _ParamReaders:
    """Typed readers of a test case's parameters. Each raises a ParamError that names the parameter."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._instance_params = params

    def is_param_set(self, name: str) -> bool:
        """Whether a parameter has a value. One with neither a value nor a default is passed as ``null``."""
        return self._instance_params.get(name, "null") != "null"

    def string_param(self, name: str) -> str:
        if not self.is_param_set(name):
            raise ParamError(name, "is not set")
        return self._instance_params[name]

    def int_param(self, name: str) -> int:
        return self._read(name, "an integer", _parse_int)

    def float_param(self, name: str) -> float:
        return self._read(name, "a number", _parse_float)

    def bool_param(self, name: str) -> bool:
        return self._read(name, "true or false", _parse_bool)

    def size_param(self, name: str) -> int:
        """A size such as ``64KiB`` or ``1.5MB``, in bytes."""
        return self._read(name, "a size such as 64KiB", _parse_size)

    def duration_param(self, name: str) -> float:
        """A duration such as ``90s`` or ``1h30m``, in seconds, as ``time.sleep`` expects it."""
        return self._read(name, "a duration such as 90s", _parse_duration)

    def json_param(self, name: str) -> Any:
        return self._read(name, "JSON", _parse_json)[0]

    def string_array_param(self, name: str) -> List[str]:
        """A JSON array of strings."""
        return self._array(name, "strings", lambda item: item if isinstance(item, str) else None)

    def number_array_param(self, name: str) -> List[float]:
        """A JSON array of numbers."""
        return self._array(name, "numbers", lambda item: item if _is_number(item) else None)

    def size_array_param(self, name: str) -> List[int]:
        """A JSON array of sizes, in bytes."""
        return self._array(name, "sizes", lambda item: _parse_size(str(item)))

    def duration_array_param(self, name: str) -> List[float]:
        """A JSON array of durations, in seconds."""
        return self._array(name, "durations", lambda item: _parse_duration(str(item)))

    def _array(self, name: str, what: str, read: Callable[[Any], Optional[_T]]) -> List[_T]:
        def parse(text: str) -> Optional[List[_T]]:
            parsed = _parse_json(text)
            if parsed is None or not isinstance(parsed[0], list):
                return None
            items = [read(item) for item in parsed[0]]
            known = [item for item in items if item is not None]
            return known if len(known) == len(items) else None

        return self._read(name, f"a JSON array of {what}", parse)

    def _read(self, name: str, what: str, parse: Callable[[str], Optional[_T]]) -> _T:
        text = self.string_param(name)
        value = parse(text)
        if value is None:
            raise ParamError(name, f"must be {what}, not {_quoted(text)}")
        return value


def _is_number(item: object) -> bool:
    return isinstance(item, (int, float)) and not isinstance(item, bool)


# --- output ---------------------------------------------------------------------------------------------------------

#: Guards stdout and the files of metrics. A thread that forks holds it, so that no child starts within a line.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def _write_all(fd: int, data: bytes) -> None:
    """Writes all bytes, even to a non-blocking descriptor, such as a pipe that asyncio writes to."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            with selectors.DefaultSelector() as selector:
                selector.register(fd, selectors.EVENT_WRITE)
                selector.select()


class _Appended:
    """A file in the outputs to which whole lines are appended; it is created with its first line."""

    def __init__(self, folder: str, name: str) -> None:
        self._path = os.path.join(folder, name) if folder and os.path.isdir(folder) else None
        self._fd: Optional[int] = None

    def append(self, line: bytes) -> None:
        if self._path is None:
            return
        if self._fd is None:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        _write_all(self._fd, line)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class _Stdout:
    """
    The process's stdout, for events on their own lines. First flushes the output of the plan, and ends a line that the
    plan has begun (``print("…", end="")``), since an event in the middle of a line would not be recognized.
    """

    _FD = 1

    def __init__(self) -> None:
        self._in_mid_line = False
        self._watched: Any = None

    def watch(self) -> None:
        """
        Tracks whether the output ends in a line end, and writes each line immediately and as a whole. With
        PYTHONUNBUFFERED, ``print`` writes word by word: an event, or output of another process, could come in between.
        """
        if sys.stdout is None or sys.stdout is self._watched or sys.stdout is not sys.__stdout__:
            return
        stream: Any = sys.stdout
        self._watched = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, write_through=False)
        write: Callable[[str], int] = stream.write

        def watched(text: str) -> int:
            if text:
                self._in_mid_line = not text.endswith("\n")
            return write(text)

        try:
            stream.write = watched
        except AttributeError:
            # Another kind of stream: its lines stay as they are.
            pass

    def print_line(self, line: bytes) -> None:
        for stream in {id(stream): stream for stream in (sys.stdout, sys.__stdout__) if stream is not None}.values():
            if not stream.closed:
                stream.flush()
        began = self._in_mid_line
        self._in_mid_line = False
        _write_all(self._FD, b"\n" + line if began else line)


_stdout = _Stdout()
if "TEST_RUN" in os.environ:
    # Also in processes that the plan starts, which have no RunEnv of their own.
    _stdout.watch()


def _to_json(value: object) -> bytes:
    """JSON as UTF-8. A text that UTF-8 cannot encode (half of a surrogate pair) is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


# --- metrics --------------------------------------------------------------------------------------------------------


class _Instrument:
    """A metric. The names of types and measures are those of the Go SDK."""

    type = ""

    def measures(self) -> Dict[str, float]:
        raise NotImplementedError


class Counter(_Instrument):
    """A counter. It is reset after each write, as in the Go SDK."""

    type = "counter"

    def __init__(self) -> None:
        self._count: float = 0

    def inc(self, by: float = 1) -> None:
        with _lock:
            self._count += by

    def dec(self, by: float = 1) -> None:
        self.inc(-by)

    def measures(self) -> Dict[str, float]:
        count, self._count = self._count, 0
        return {"count": count}


class Gauge(_Instrument):
    """A gauge. It holds the last value, or gets its value from a function."""

    type = "gauge"

    def __init__(self, read: Callable[[], float] = lambda: 0) -> None:
        self._read = read

    def update(self, value: float) -> None:
        self._read = lambda: value

    def measures(self) -> Dict[str, float]:
        return {"value": self._read()}


_PERCENTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}


def _percentile(values: Sequence[float], share: float) -> float:
    """A percentile of sorted values, interpolated between the two nearest."""
    position = share * (len(values) + 1)
    below = int(position)
    if below < 1:
        return values[0]
    if below >= len(values):
        return values[-1]
    return values[below - 1] + (position - below) * (values[below] - values[below - 1])


class Histogram(_Instrument):
    """
    The distribution of values, from a uniform random sample (Vitter's algorithm R). Minimum, maximum and mean are those
    of all values.
    """

    type = "histogram"

    def __init__(self, reservoir: int = 1028) -> None:
        if reservoir < 1:
            raise ValueError(f"the reservoir of a histogram must be at least 1, not {reservoir}")
        self._reservoir = reservoir
        self._sample: List[float] = []
        self._count = 0
        self._sum: float = 0
        self._min = math.inf
        self._max = -math.inf

    def update(self, value: float) -> None:
        with _lock:
            self._count += 1
            self._sum += value
            self._min = min(self._min, value)
            self._max = max(self._max, value)
            if len(self._sample) < self._reservoir:
                self._sample.append(value)
                return
            place = random.randrange(self._count)
            if place < self._reservoir:
                self._sample[place] = value

    def measures(self) -> Dict[str, float]:
        if self._count == 0:
            return {"count": 0}
        values = sorted(self._sample)
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        return {
            "count": self._count,
            "max": self._max,
            "mean": self._sum / self._count,
            "min": self._min,
            "stddev": math.sqrt(variance),
            "variance": variance,
            **{name: _percentile(values, share) for name, share in _PERCENTILES.items()},
        }


_EWMA_TICK = 5.0


class Ewma(_Instrument):
    """An exponentially weighted moving average of events per second, updated every 5 s like Unix load averages."""

    type = "ewma"

    def __init__(self, alpha: float) -> None:
        self._alpha = alpha
        self._uncounted: float = 0
        self._rate: Optional[float] = None
        self._last_tick = time.monotonic()

    def update(self, count: float) -> None:
        with _lock:
            self._tick()
            self._uncounted += count

    def rate(self) -> float:
        with _lock:
            self._tick()
            return self._rate or 0.0

    def measures(self) -> Dict[str, float]:
        return {"rate": self.rate()}

    def _tick(self) -> None:
        while time.monotonic() - self._last_tick >= _EWMA_TICK:
            self._last_tick += _EWMA_TICK
            instant = self._uncounted / _EWMA_TICK
            self._uncounted = 0
            self._rate = instant if self._rate is None else self._rate + self._alpha * (instant - self._rate)


def _alpha_of_minutes(minutes: int) -> float:
    return 1 - math.exp(-_EWMA_TICK / 60 / minutes)


class Meter(_Instrument):
    """Rates of events per second: over the last 1, 5 and 15 minutes, and since the beginning."""

    type = "meter"

    def __init__(self) -> None:
        self._rates = {f"m{minutes}": Ewma(_alpha_of_minutes(minutes)) for minutes in (1, 5, 15)}
        self._began = time.monotonic()
        self._count: float = 0

    def mark(self, count: float = 1) -> None:
        with _lock:
            self._count += count
            for rate in self._rates.values():
                rate.update(count)

    def measures(self) -> Dict[str, float]:
        seconds = time.monotonic() - self._began
        rates = {name: ewma.rate() for name, ewma in self._rates.items()}
        return {"count": self._count, **rates, "mean": self._count / seconds if seconds > 0 else 0.0}


class Timer(_Instrument):
    """The distribution of durations in nanoseconds, as in the Go SDK, and their rates."""

    type = "timer"

    def __init__(self) -> None:
        self._durations = Histogram()
        self._meter = Meter()

    def update(self, ns: float) -> None:
        """:param ns: a duration in nanoseconds: a difference of ``time.perf_counter_ns()``."""
        self._durations.update(ns)
        self._meter.mark()

    @contextmanager
    def time(self) -> Iterator[None]:
        """Measures the duration of a ``with`` block."""
        began = time.perf_counter_ns()
        try:
            yield
        finally:
            self.update(time.perf_counter_ns() - began)

    def measures(self) -> Dict[str, float]:
        rates = self._meter.measures()
        del rates["count"]
        return {**self._durations.measures(), "meanrate": rates.pop("mean"), **rates}


class Metrics:
    """
    A set of metrics and the file that they are written to. Points are written immediately. Other metrics are written at
    each interval, when the plan calls the SDK or waits in it, and once more at the end. No thread is used.
    """

    def __init__(self, outputs: str, name: str, every: float) -> None:
        self._file = _Appended(outputs, name)
        self._every = every
        self._due = math.inf
        self._instruments: Dict[str, _Instrument] = {}

    def record_point(self, name: str, value: float) -> None:
        """Writes one value immediately. A name may have tags: ``latency,peer=3``."""
        self._write("point", name, {"value": value})

    def counter(self, name: str) -> Counter:
        return self._instrument(name, Counter, Counter)

    def gauge(self, name: str) -> Gauge:
        return self._instrument(name, Gauge, Gauge)

    def gauge_f(self, name: str, read: Callable[[], float]) -> Gauge:
        """A gauge whose value a function computes at each write."""
        return self._instrument(name, Gauge, lambda: Gauge(read))

    def histogram(self, name: str, reservoir: int = 1028) -> Histogram:
        """:param reservoir: the size of the random sample for the percentiles."""
        return self._instrument(name, Histogram, lambda: Histogram(reservoir))

    def meter(self, name: str) -> Meter:
        return self._instrument(name, Meter, Meter)

    def timer(self, name: str) -> Timer:
        return self._instrument(name, Timer, Timer)

    def ewma(self, name: str, alpha: float) -> Ewma:
        return self._instrument(name, Ewma, lambda: Ewma(alpha))

    def set_frequency(self, seconds: float) -> None:
        """Sets the interval between writes, in seconds."""
        if not seconds > 0:
            raise ValueError(f"the interval between writes must be positive, not {seconds}")
        self._every = seconds
        if self._instruments:
            self._due = time.monotonic() + seconds

    def close(self) -> None:
        """Writes all metrics once more and stops."""
        with _lock:
            self._write_all()
            self._instruments.clear()
            self._due = math.inf
            self._file.close()

    def _write_due(self) -> None:
        with _lock:
            if time.monotonic() >= self._due:
                self._write_all()

    def _instrument(self, name: str, kind: Type[_I], make: Callable[[], _I]) -> _I:
        with _lock:
            self._write_due()
            known = self._instruments.get(name)
            if isinstance(known, kind):
                return known
            if known is not None:
                raise TgError(f'metric "{name}" is a {known.type} already')
            if not self._instruments:
                self._due = time.monotonic() + self._every
            made = make()
            self._instruments[name] = made
            return made

    def _write_all(self) -> None:
        self._due = time.monotonic() + self._every
        for name, instrument in list(self._instruments.items()):
            self._write(instrument.type, name, instrument.measures())

    def _write(self, kind: str, name: str, measures: Mapping[str, float]) -> None:
        numbers = {key: _number(value) for key, value in measures.items()}
        line = {"ts": time.time_ns(), "type": kind, "name": name, "measures": numbers}
        with _lock:
            self._file.append(_to_json(line) + b"\n")


def _number(value: Any) -> Union[int, float, None]:
    """A number in JSON. A value that JSON does not have, such as infinity, becomes null."""
    if type(value) is int:
        return value
    number = float(value)
    return number if math.isfinite(number) else None


# --- RunEnv ---------------------------------------------------------------------------------------------------------


#: The file that lists the attachments of an instance, as JSON lines.
_ATTACHMENTS_FILE = "attachments.out"

#: Names in an instance's outputs that belong to tg and its SDKs.
_RESERVED_NAMES = frozenset(
    ["run.out", "run.err", "metrics.lp", "results.out", "diagnostics.out", "coverage", _ATTACHMENTS_FILE]
)


def _check_attachment(name: str, media_type: Optional[str]) -> None:
    parts = name.split("/")
    if parts[0] in _RESERVED_NAMES:
        raise ValueError(f"the name of the attachment {_quoted(name)} is used by tg")
    hidden = any(part == "" or part.startswith(".") for part in parts)
    if hidden or re.search(r"[\x00-\x1f\x7f-\x9f\\]", name) or len(name) > 200:
        raise ValueError(
            f"the name of the attachment {_quoted(name)} must be a path in the outputs of the instance, "
            "such as history.json or plots/load.png"
        )
    if media_type and not re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type, re.ASCII):
        raise ValueError(f"the type of an attachment must be a media type such as image/png, not {_quoted(media_type)}")


class RunEnv(_ParamReaders):
    """The run environment of an instance: its identity, its parameters, and its event log."""

    def __init__(self, params: RunParams) -> None:
        super().__init__(params.test_instance_params)
        #: The whole run environment.
        self.params = params
        self._results = Metrics(params.test_outputs_path, "results.out", 1.0)
        self._diagnostics = Metrics(params.test_outputs_path, "diagnostics.out", 5.0)
        self._run_out = _Appended(params.test_outputs_path, "run.out")
        self._attachments = _Appended(params.test_outputs_path, _ATTACHMENTS_FILE)
        self._random: Optional[random.Random] = None
        self._signal_event: Optional[Callable[[_Json], None]] = None
        _stdout.watch()

    @classmethod
    def current(cls) -> RunEnv:
        """
        The run environment of this process.

        :raises RunEnvError: outside a run.
        """
        return cls(RunParams.from_environ())

    @property
    def test_plan(self) -> str:
        return self.params.test_plan

    @property
    def test_case(self) -> str:
        return self.params.test_case

    @property
    def test_run(self) -> str:
        return self.params.test_run

    @property
    def test_group_id(self) -> str:
        return self.params.test_group_id

    @property
    def test_instance_count(self) -> int:
        return self.params.test_instance_count

    @property
    def test_group_instance_count(self) -> int:
        return self.params.test_group_instance_count

    @property
    def random(self) -> random.Random:
        """
        The random number generator of this instance: the same run seed (``tg run … --seed``) gives it the same numbers
        again. Without a seed, it is seeded randomly.
        """
        if self._random is None:
            seed = self.params.test_seed
            self._random = random.Random(int(seed) if re.fullmatch(r"[0-9]+", seed) else None)
        return self._random

    def R(self) -> Metrics:
        """Metrics that are results of the test, written to results.out: points immediately, the others every second."""
        return self._results

    def D(self) -> Metrics:
        """Metrics for diagnostics, written to diagnostics.out every five seconds."""
        return self._diagnostics

    def record_message(self, message: object, *args: object) -> None:
        """Records a message; with more arguments, as ``message % args``."""
        self._print({"message_event": {"message": str(message) % args if args else str(message)}})

    def attach(
        self, name: str, content: Union[str, bytes, "os.PathLike[str]"], media_type: Optional[str] = None
    ) -> None:
        """
        Attaches something to the run: a file in the outputs of this instance, which the report shows.

        :param name: its path in the outputs, such as ``history.json`` or ``plots/load.png``.
        :param content: a text, bytes, or the path of a file to copy, as a ``pathlib.Path``.
        :param media_type: such as ``image/png``; by default, that of the name's extension.
        :raises ValueError: for a name that leads out of the outputs or that tg uses, and for an invalid type.
        :raises OSError: if it cannot be written.
        """
        _check_attachment(name, media_type)
        outputs = self.params.test_outputs_path
        if not outputs or not os.path.isdir(outputs):
            return
        target = os.path.join(outputs, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if isinstance(content, str):
            content = content.encode("utf-8")
        if isinstance(content, bytes):
            with open(target, "wb") as file:
                file.write(content)
        elif not (os.path.exists(target) and os.path.samefile(content, target)):
            shutil.copyfile(content, target)
        line = {"ts": time.time_ns(), "name": name, "type": media_type or ""}
        with _lock:
            self._attachments.append(_to_json(line) + b"\n")

    def record_start(self) -> None:
        self._record({"start_event": {"runenv": self.params._start_event()}})

    def record_success(self) -> None:
        self._record({"success_event": {"group": self.test_group_id}})

    def record_failure(self, error: object) -> None:
        self._record({"failure_event": {"group": self.test_group_id, "error": _words_of(error)}})

    def record_crash(self, error: object) -> None:
        stack = _stack_of(error) if isinstance(error, BaseException) else "".join(traceback.format_stack())
        event = {"group": self.test_group_id, "error": _words_of(error), "stacktrace": stack}
        self._record({"crash_event": event})

    def record_stage_start(self, name: str) -> None:
        self._record({"stage_start_event": {"name": name, "group": self.test_group_id}})

    def record_stage_end(self, name: str) -> None:
        self._record({"stage_end_event": {"name": name, "group": self.test_group_id}})

    def close(self) -> None:
        """Writes the last metrics and closes the files. ``invoke`` calls it."""
        self._results.close()
        self._diagnostics.close()
        self._run_out.close()
        self._attachments.close()

    def _write_due_metrics(self) -> None:
        self._results._write_due()
        self._diagnostics._write_due()

    def _metrics_due(self) -> float:
        """The next time at which metrics are due, on the monotonic clock."""
        return min(self._results._due, self._diagnostics._due)

    def _print(self, event: _Json) -> None:
        """Appends an event to run.out and prints the same line. tg keeps the line once."""
        with _lock:
            line: _Json = {
                "ts": time.time_ns(),
                "msg": "",
                "group_id": self.test_group_id,
                "run_id": self.test_run,
                "event": event,
            }
            encoded = _to_json(line) + b"\n"
            self._run_out.append(encoded)
            _stdout.print_line(encoded)
        self._write_due_metrics()

    def _record(self, event: _Json) -> None:
        self._print(event)
        if self._signal_event is not None:
            try:
                self._signal_event(event)
            except SyncError:
                # The printed event counts: losing the service does not fail the test.
                pass


# --- texts of errors ------------------------------------------------------------------------------------------------

#: Groups of exceptions (Python 3.11), as raised by a TaskGroup.
_ErrorGroup: Any = getattr(builtins, "BaseExceptionGroup", ())


def _leaves(error: BaseException) -> List[BaseException]:
    if isinstance(error, _ErrorGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def _is_failure(error: BaseException) -> bool:
    """Whether an error means that the test case has failed; any other error is a crash."""
    return all(isinstance(leaf, (AssertionError, TgError)) for leaf in _leaves(error))


def _words_of(error: object) -> str:
    if not isinstance(error, BaseException):
        return str(error)
    return "; ".join(_words_of_one(leaf) for leaf in _leaves(error))


def _words_of_one(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, AssertionError):
        return text or _assertion_of(error)
    if isinstance(error, TgError):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _assertion_of(error: BaseException) -> str:
    """The source line of an assertion without a message: ``assert a == b (main.py:12)``."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an assertion failed"
    last = frames[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip() or "an assertion failed"
    return f"{line} ({os.path.basename(last.filename)}:{last.lineno})"


def _own_traceback(error: BaseException) -> Optional[TracebackType]:
    """The traceback, starting at the plan's own code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _stack_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, _own_traceback(error)))


def _say_stack(error: BaseException) -> None:
    if sys.stderr is not None:
        sys.stderr.write(_stack_of(error))


# --- WebSocket ------------------------------------------------------------------------------------------------------


class _ProtocolError(Exception):
    """The other side does not speak WebSocket, or violates the protocol. ``code`` is the code to close with."""

    def __init__(self, problem: str, code: int = 1002) -> None:
        super().__init__(problem)
        self.code = code


_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: The meaning of close codes that come without a reason.
_CLOSE_REASONS = {1001: "it is going away", 1009: "what it was sent is too large"}
_MOST_HEADER_BYTES = 64 * 1024
#: The service accepts payloads of 32 MiB; as text in a JSON text they may be several times as long.
_MOST_MESSAGE_BYTES = 256 * 1024 * 1024


def _masked(payload: bytes, mask: bytes) -> bytes:
    """XORs the payload with the mask as one long number: a loop over bytes would take seconds for a large frame."""
    if not payload:
        return payload
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return number.to_bytes(len(payload), "little")


class _WebSocket:
    """
    The client's side of a WebSocket (RFC 6455), without input or output: received bytes go into ``receive``, and bytes
    to send are in ``outgoing``.
    """

    def __init__(self, authority: str) -> None:
        self._authority = authority
        self._key = base64.b64encode(os.urandom(16))
        self._buffer = bytearray()
        self._fragments: Optional[bytearray] = None
        #: Bytes to send: the handshake, frames, answers to pings.
        self.outgoing = bytearray()
        self.is_open = False
        self._is_ending = False
        #: Why it was closed, as text; None while it is open.
        self.closed: Optional[str] = None
        self.outgoing += (
            f"GET / HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {self._key.decode('ascii')}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode("ascii")

    def send_text(self, text: bytes) -> None:
        self._send(_TEXT, text)

    def send_close(self, code: int = 1000) -> None:
        self._end(code.to_bytes(2, "big"))

    def _end(self, payload: bytes) -> None:
        """Sends a close frame, once."""
        if not self._is_ending:
            self._is_ending = True
            self._send(_CLOSE, payload)

    def receive(self, data: bytes) -> List[str]:
        """
        Processes received bytes.

        :returns: the messages that they complete.
        :raises _ProtocolError: for a violation of the protocol; ``outgoing`` then has the close frame that reports it.
        """
        self._buffer += data
        messages: List[str] = []
        if not self.is_open and not self._take_handshake():
            return messages
        try:
            while self.closed is None:
                frame = self._take_frame()
                if frame is None:
                    break
                message = self._take_message(*frame)
                if message is not None:
                    messages.append(message)
        except _ProtocolError as error:
            self.send_close(error.code)
            raise
        return messages

    def _take_handshake(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end == -1:
            if len(self._buffer) > _MOST_HEADER_BYTES:
                raise _ProtocolError("its answer is not HTTP")
            return False
        status, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        if re.match(r"HTTP/1\.1 101(?: |$)", status) is None:
            raise _ProtocolError(f"it answered {_quoted(status[:200])}")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        digest = hashlib.sha1(self._key + _ACCEPT_SUFFIX, usedforsecurity=False).digest()
        if headers.get("sec-websocket-accept") != base64.b64encode(digest).decode("ascii"):
            raise _ProtocolError("its answer has no Sec-WebSocket-Accept, or one for another request")
        if "sec-websocket-extensions" in headers:
            raise _ProtocolError("it uses a WebSocket extension that was not requested")
        self.is_open = True
        return True

    def _take_frame(self) -> Optional[Tuple[bool, int, bytes]]:
        """The next complete frame: whether it is the last of its message, its opcode, its payload."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        is_last, opcode, length = bool(buffer[0] & 0x80), buffer[0] & 0x0F, buffer[1] & 0x7F
        if buffer[0] & 0x70:
            raise _ProtocolError("a frame has a reserved bit set")
        if buffer[1] & 0x80:
            raise _ProtocolError("a frame of the server is masked")
        if opcode >= 0x8 and (length > 125 or not is_last):
            raise _ProtocolError("a control frame is too long or fragmented")
        start = 2 + {126: 2, 127: 8}.get(length, 0)
        if len(buffer) < start:
            return None
        if start > 2:
            length = int.from_bytes(buffer[2:start], "big")
        if length > _MOST_MESSAGE_BYTES:
            raise _ProtocolError(f"a frame of {length} bytes is too long", 1009)
        if len(buffer) < start + length:
            return None
        payload = bytes(buffer[start : start + length])
        del buffer[: start + length]
        return is_last, opcode, payload

    def _take_message(self, is_last: bool, opcode: int, payload: bytes) -> Optional[str]:
        """Processes a frame. :returns: the message that it completes, if any."""
        if opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self._take_close(payload)
        elif opcode in (_TEXT, _CONTINUATION):
            return self._take_text(is_last, opcode, payload)
        elif opcode == _BINARY:
            raise _ProtocolError("it sent a binary message", 1003)
        elif opcode != _PONG:
            raise _ProtocolError(f"a frame has the unknown opcode {opcode}")
        return None

    def _take_text(self, is_last: bool, opcode: int, payload: bytes) -> Optional[str]:
        if (opcode == _CONTINUATION) != (self._fragments is not None):
            raise _ProtocolError("the frames of a message are out of order")
        if self._fragments is None and is_last:
            return self._decoded(payload)
        fragments = bytearray() if self._fragments is None else self._fragments
        fragments += payload
        if len(fragments) > _MOST_MESSAGE_BYTES:
            raise _ProtocolError("a message is too long", 1009)
        self._fragments = None if is_last else fragments
        return self._decoded(fragments) if is_last else None

    def _decoded(self, payload: Union[bytes, bytearray]) -> str:
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            raise _ProtocolError("a message is not UTF-8", 1007) from None

    def _take_close(self, payload: bytes) -> None:
        if len(payload) == 1:
            raise _ProtocolError("a close frame has half a code")
        code = int.from_bytes(payload[:2], "big") if payload else 1005
        reason = self._decoded(payload[2:]) or _CLOSE_REASONS.get(code)
        self.closed = f"{code}: {reason}" if reason else str(code)
        self._end(payload[:2])

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = bytes([0x80 | opcode, 0x80 | length])
        elif length < 0x10000:
            head = bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + length.to_bytes(8, "big")
        mask = os.urandom(4)
        self.outgoing += head + mask + _masked(payload, mask)


# --- requests and answers -------------------------------------------------------------------------------------------


class _Listener:
    """The answers to a request that were not taken yet, and the callbacks for the next one."""

    def __init__(self) -> None:
        self.answers: Deque[_Json] = deque()
        self.waiting: List[Callable[[], None]] = []

    def take(self) -> Optional[_Json]:
        return self.answers.popleft() if self.answers else None

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, []
        for wake in waiting:
            wake()


class _Wire:
    """The protocol of the sync service, without input or output: pairs answers with requests by their ids."""

    def __init__(self, host: str, port: str) -> None:
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.address = f"ws://{authority}"
        self.socket = _WebSocket(authority)
        self._listeners: Dict[str, _Listener] = {}
        self._next = 0
        #: Subscriptions that were dropped without being closed. The garbage collector may add to them at any moment.
        self.dropped: Deque[str] = deque()
        #: Why the connection can no longer be used, as text; None while it can.
        self.problem: Optional[str] = None
        self._is_left = False

    @property
    def failure(self) -> str:
        return f"the connection to the sync service at {self.address} {self.problem}"

    def open(self, operation: _Json) -> Tuple[str, _Listener]:
        """Sends a request. :returns: its id, and the listener for its answers."""
        while self.dropped:
            self.cancel(self.dropped.popleft())
        request_id = str(self._next)
        frame = _request({"id": request_id, **operation})
        self._next += 1
        listener = self._listeners[request_id] = _Listener()
        self.socket.send_text(frame)
        return request_id, listener

    def forget(self, request_id: str) -> None:
        self._listeners.pop(request_id, None)

    def cancel(self, request_id: str) -> None:
        if self._listeners.pop(request_id, None) is not None and self.problem is None:
            self.socket.send_text(_request({"id": request_id, "is_cancel": True}))

    def leave(self) -> None:
        """Sends a close frame; the service answers by closing the connection."""
        self._is_left = True
        self.socket.send_close()

    def receive(self, data: bytes) -> None:
        """Processes received bytes. No bytes mean that the connection has ended."""
        try:
            if not data:
                self.fail("was closed")
                return
            for message in self.socket.receive(data):
                self._take(message)
        except _ProtocolError as error:
            self.fail(f"broke: {error}")
            return
        if self.socket.closed is not None:
            self.fail(f"was closed by the service ({self.socket.closed})")

    def fail(self, problem: str) -> None:
        """Ends the connection. The first problem counts."""
        self.problem = self.problem or ("was closed by this plan" if self._is_left else problem)
        for listener in list(self._listeners.values()):
            listener.wake()

    def _take(self, message: str) -> None:
        try:
            response = json.loads(message)
            request_id, error = response["id"], response["error"]
        except (ValueError, TypeError, KeyError):
            raise _ProtocolError("it sent a message that is not an answer") from None
        listener = self._listeners.get(request_id)
        if listener is not None:
            listener.answers.append(response)
            listener.wake()
        elif request_id == "":
            # Only an error about a malformed frame has no id.
            raise _ProtocolError(str(error))


def _request(request: _Json) -> bytes:
    try:
        return _to_json(request)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the value to publish is not valid JSON: {error}") from None


def _checked(response: _Json) -> _Json:
    if response["error"]:
        raise SyncError(str(response["error"]))
    return response


def _seq_of(response: _Json, kind: str) -> int:
    answer = response.get(kind)
    if not isinstance(answer, dict) or type(answer.get("seq")) is not int:
        raise SyncError(f"the sync service answered {kind} without a sequence number")
    seq: int = answer["seq"]
    return seq


class _Operations:
    """Makes requests to the sync service, with the keys of one run."""

    def __init__(self, params: RunParams) -> None:
        self._scope = f"run:{params.test_run}:plan:{params.test_plan}:case:{params.test_case}"

    def signal_entry(self, state: str) -> _Json:
        return {"signal_entry": {"state": f"{self._scope}:states:{state}"}}

    def barrier(self, state: str, target: int) -> _Json:
        if isinstance(target, bool) or not isinstance(target, int) or target < 0:
            raise ValueError(f'the target of barrier "{state}" must be a whole number from 0, not {target!r}')
        return {"barrier": {"state": f"{self._scope}:states:{state}", "target": target}}

    def publish(self, topic: str, payload: object) -> _Json:
        return {"publish": {"topic": f"{self._scope}:topics:{topic}", "payload": payload}}

    def subscribe(self, topic: str) -> _Json:
        return {"subscribe": {"topic": f"{self._scope}:topics:{topic}"}}

    def event(self, event: _Json) -> _Json:
        return {"publish": {"topic": f"{self._scope}:run_events", "payload": event}}


def _service() -> Tuple[str, str]:
    """The address of the sync service, from the environment."""
    host = os.environ.get("SYNC_SERVICE_HOST") or "testground-sync-service"
    port = os.environ.get("SYNC_SERVICE_PORT") or "5050"
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise SyncError(f"SYNC_SERVICE_PORT must be the number of a port, not {_quoted(port)}")
    return host, port


def _unreachable(wire: _Wire, why: object) -> SyncError:
    if isinstance(why, OSError) and (why.errno or 0) > 0:
        why = os.strerror(why.errno or 0)
    hint = "outside a run, start one with: tg sync-service"
    return SyncError(f"no sync service answers at {wire.address} ({why}); {hint}")


def _of_another_process(pid: int, client: str) -> SyncError:
    return SyncError(
        f"this sync client belongs to process {pid}; connect another one here, with {client}.connect(runenv)"
    )


def _waited(what: str, seconds: Optional[float]) -> SyncTimeout:
    return SyncTimeout(f"{what} did not come within {seconds:g} s")


#: The time in seconds that a connection may take to open, and that the last events may take to be published.
_CONNECT_TIMEOUT = 30.0
_FAREWELL = 5.0
_READ_BYTES = 256 * 1024
_WRITE_BYTES = 256 * 1024


def _at_once(*steps: Any) -> None:
    """
    Calls functions written in C, each with the result of the next one, and the last function with the last argument.
    Python raises a KeyboardInterrupt only between two of its own instructions, and there are none here. Otherwise sent
    bytes might be sent again, and received bytes might be lost.
    """
    *functions, argument = steps
    values: Iterator[Any] = iter((argument,))
    for function in reversed(functions):
        values = map(function, values)
    next(values)


# --- the sync client, blocking --------------------------------------------------------------------------------------


class _Connection:
    """
    A connection that any number of threads may use concurrently, without a thread of its own: one of the threads that
    wait for an answer reads for all.
    """

    def __init__(self, runenv: RunEnv, timeout: Optional[float]) -> None:
        self._runenv = runenv
        self._pid = os.getpid()
        self._state = threading.Condition()
        self._sending = threading.Lock()
        self._is_read = False
        host, port = _service()
        self._wire = _Wire(host, port)
        try:
            self._socket = socket.create_connection((host, int(port)), timeout)
        except (OSError, UnicodeError) as error:
            raise _unreachable(self._wire, error) from error
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        try:
            self._flush()
            self._wait(lambda: self._wire.socket.is_open or None, timeout, "an answer")
        except SyncError as error:
            self._discard()
            raise _unreachable(self._wire, self._wire.problem or error) from error

    def ask(self, operation: _Json, timeout: Optional[float], what: str) -> _Json:
        """Sends a request that has one answer. If the wait ends early (timeout, Ctrl-C), the request is cancelled."""
        request_id, listener = self.open(operation)
        try:
            answer = self.take(listener, timeout, what)
        except BaseException:
            self.cancel(request_id)
            raise
        with self._state:
            self._wire.forget(request_id)
        return _checked(answer)

    def open(self, operation: _Json) -> Tuple[str, _Listener]:
        self._check()
        with self._state:
            opened = self._wire.open(operation)
        self._flush()
        return opened

    def take(self, listener: _Listener, timeout: Optional[float], what: str) -> _Json:
        """Waits for the next answer to a request."""
        return self._wait(listener.take, timeout, what)

    def cancel(self, request_id: str) -> None:
        if self._pid != os.getpid():
            return
        with self._state:
            self._wire.cancel(request_id)
        self._flush_quietly()

    def drop(self, request_id: str) -> None:
        """Cancels a request when the next one is sent. Takes no lock."""
        self._wire.dropped.append(request_id)

    def close(self) -> None:
        """Sends a close frame, and waits a moment for the answer."""
        if self._pid == os.getpid() and self._wire.problem is None:
            with self._state:
                self._wire.leave()
            try:
                self._flush()
                self._wait(lambda: None, 1.0, "the end of the connection")
            except SyncError:
                pass
        self._wire.fail("was closed")
        self._discard()

    def _wait(self, poll: Callable[[], Optional[_T]], timeout: Optional[float], what: str) -> _T:
        """Reads, or lets another thread read, until ``poll`` returns something."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        with self._state:
            while True:
                found = poll()
                if found is not None:
                    return found
                self._check()
                left = deadline - time.monotonic()
                if left < 0:
                    raise _waited(what, timeout)
                if self._is_read:
                    self._state.wait(None if left == math.inf else left)
                else:
                    self._read(left)

    def _read(self, seconds: float) -> None:
        """Reads for all waiting threads, without holding their lock. Also writes metrics that are due."""
        self._is_read = True
        self._state.release()
        received: List[bytes] = []
        try:
            self._runenv._write_due_metrics()
            seconds = max(0.0, min(seconds, self._runenv._metrics_due() - time.monotonic()))
            if self._selector.select(None if seconds == math.inf else seconds):
                _at_once(received.append, self._socket.recv, _READ_BYTES)
        except OSError:
            received.append(b"")
        finally:
            self._state.acquire()
            self._is_read = False
            for data in received:
                self._wire.receive(data)
            self._state.notify_all()
        if any(received):
            self._flush_quietly()

    def _flush(self) -> None:
        """Sends pending bytes in order, for all threads."""
        with self._sending:
            outgoing = self._wire.socket.outgoing
            try:
                while outgoing:
                    piece = outgoing[:_WRITE_BYTES]
                    _at_once(outgoing.__delitem__, slice, self._socket.send, piece)
            except OSError as error:
                self._wire.fail(f"broke: {error}")
                raise SyncError(self._wire.failure) from error

    def _flush_quietly(self) -> None:
        try:
            self._flush()
        except SyncError:
            # Threads that wait for an answer are notified.
            pass

    def _check(self) -> None:
        if self._pid != os.getpid():
            raise _of_another_process(self._pid, "SyncClient")
        if self._wire.problem is not None:
            raise SyncError(self._wire.failure)

    def _discard(self) -> None:
        self._selector.close()
        self._socket.close()


class Subscription:
    """
    The messages of a topic, from the first, in order. Iterate over it, or wait for one message with
    ``next(timeout=…)``. ``close``, or the end of a ``with`` block, ends it.
    """

    def __init__(self, connection: _Connection, operation: _Json, topic: str, timeout: Optional[float]) -> None:
        self._connection = connection
        self._what = f'a message of topic "{topic}"'
        self._timeout = timeout
        self._is_closed = False
        self._id, self._listener = connection.open(operation)

    def next(self, timeout: Optional[float] = None) -> Any:
        """
        Waits for the next message.

        :raises SyncTimeout: when none comes within ``timeout`` seconds.
        """
        if self._is_closed:
            raise SyncError(f"{self._what} cannot be read: the subscription was closed")
        return json.loads(_checked(self._connection.take(self._listener, timeout, self._what))["subscribe"])

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._connection.cancel(self._id)

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Any:
        if self._is_closed:
            raise StopIteration
        return self.next(self._timeout)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # A loop was left with break.
        if not getattr(self, "_is_closed", True) and hasattr(self, "_id"):
            self._connection.drop(self._id)


class SyncClient:
    """
    A client of the sync service, bound to one run: all instances of the run share its states, barriers and topics. Any
    number of threads may use the client concurrently. ``timeout`` is in seconds; without one, a wait may last forever.
    """

    def __init__(self, connection: _Connection, params: RunParams) -> None:
        self._connection = connection
        self._operations = _Operations(params)

    @classmethod
    def connect(cls, runenv: RunEnv, *, timeout: Optional[float] = _CONNECT_TIMEOUT) -> SyncClient:
        """
        Connects to the service given by the environment (SYNC_SERVICE_HOST and SYNC_SERVICE_PORT).

        :raises SyncError: if no service answers there.
        """
        return cls(_Connection(runenv, timeout), runenv.params)

    def signal_entry(self, state: str, *, timeout: Optional[float] = None) -> int:
        """Enters a state. :returns: the number of this entry, from 1."""
        operation = self._operations.signal_entry(state)
        response = self._connection.ask(operation, timeout, f'the entry into state "{state}"')
        return _seq_of(response, "signal_entry")

    def barrier(self, state: str, target: int, *, timeout: Optional[float] = None) -> None:
        """
        Waits until at least ``target`` entries into a state have been signalled.

        :raises SyncError: if the run has failed and no more entries will come.
        """
        operation = self._operations.barrier(state, target)
        self._connection.ask(operation, timeout, f'entry {target} into state "{state}"')

    def signal_and_wait(self, state: str, target: int, *, timeout: Optional[float] = None) -> int:
        """Enters a state and waits until ``target`` entries have been signalled. :returns: the number of this entry."""
        seq = self.signal_entry(state, timeout=timeout)
        self.barrier(state, target, timeout=timeout)
        return seq

    def publish(self, topic: str, payload: object, *, timeout: Optional[float] = None) -> int:
        """Publishes a JSON value. :returns: the number of this message, from 1."""
        operation = self._operations.publish(topic, payload)
        return _seq_of(self._connection.ask(operation, timeout, f'the answer of topic "{topic}"'), "publish")

    def subscribe(self, topic: str, *, timeout: Optional[float] = None) -> Subscription:
        """
        All messages of a topic from the first, then those that follow.

        :param timeout: how long a loop over it waits for each message.
        """
        return Subscription(self._connection, self._operations.subscribe(topic), topic, timeout)

    def publish_subscribe(
        self, topic: str, payload: object, *, timeout: Optional[float] = None
    ) -> Tuple[int, Subscription]:
        """Publishes, then subscribes to the same topic. :returns: the message's number, and the subscription."""
        seq = self.publish(topic, payload, timeout=timeout)
        return seq, self.subscribe(topic, timeout=timeout)

    def publish_and_wait(
        self, topic: str, payload: object, state: str, target: int, *, timeout: Optional[float] = None
    ) -> int:
        """Publishes, then waits until ``target`` entries into a state have been signalled. :returns: the message's number."""
        seq = self.publish(topic, payload, timeout=timeout)
        self.barrier(state, target, timeout=timeout)
        return seq

    def signal_event(self, event: _Json) -> None:
        """Publishes an event on the run's own topic."""
        self._connection.ask(self._operations.event(event), _FAREWELL, "the answer to an event")

    def close(self) -> None:
        """Closes the connection; pending waits fail."""
        self._connection.close()

    def __enter__(self) -> SyncClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# --- the sync client, asyncio ---------------------------------------------------------------------------------------


class _AsyncConnection:
    """A connection as a protocol of asyncio. It belongs to the event loop in which it was created."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.get_ident()
        self._pid = os.getpid()
        self._wire = _Wire(*_service())
        self._transport: Any = None
        #: The waits until the connection itself is open, or closed.
        self._connection = _Listener()
        self._events: List[asyncio.Future[None]] = []

    @classmethod
    async def connect(cls, timeout: Optional[float]) -> _AsyncConnection:
        import asyncio

        loop = asyncio.get_running_loop()
        connection = cls(loop)
        wire = connection._wire
        host, port = _service()
        # asyncio checks the methods of a protocol, not its class.
        protocol: Any = connection
        try:
            await asyncio.wait_for(loop.create_connection(lambda: protocol, host, int(port)), timeout)
            await connection._wait(
                connection._connection, lambda: wire.socket.is_open or None, timeout, "an answer"
            )
        except BaseException as error:
            connection._abort()
            if not isinstance(error, (OSError, UnicodeError, SyncError, asyncio.TimeoutError)):
                raise
            raise _unreachable(wire, wire.problem or (error if str(error) else "timed out")) from error
        return connection

    # asyncio calls these.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._wire.receive(data)
        self._flush()
        self._connection.wake()

    def eof_received(self) -> None:
        self._wire.receive(b"")
        self._connection.wake()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._wire.fail("was closed" if error is None else f"broke: {error}")
        self._connection.wake()

    def pause_writing(self) -> None:
        """Does not pause: each request waits for its answer, so little is buffered."""

    def resume_writing(self) -> None:
        """Nothing was paused."""

    # Clients call these.

    async def ask(self, operation: _Json, timeout: Optional[float], what: str) -> _Json:
        """Sends a request that has one answer. If the wait ends early (timeout, cancel), the request is cancelled."""
        request_id, listener = self.open(operation)
        try:
            answer = await self.take(listener, timeout, what)
        except BaseException:
            self.cancel(request_id)
            raise
        self._wire.forget(request_id)
        return _checked(answer)

    def open(self, operation: _Json) -> Tuple[str, _Listener]:
        self._check()
        opened = self._wire.open(operation)
        self._flush()
        return opened

    async def take(self, listener: _Listener, timeout: Optional[float], what: str) -> _Json:
        """Waits for the next answer to a request."""
        return await self._wait(listener, listener.take, timeout, what)

    def cancel(self, request_id: str) -> None:
        if self._pid == os.getpid() and not self._loop.is_closed():
            self._wire.cancel(request_id)
            self._flush()

    def drop(self, request_id: str) -> None:
        """Cancels a request when the next one is sent."""
        self._wire.dropped.append(request_id)

    def tell(self, operation: _Json) -> None:
        """Sends a request, from any thread. ``close`` waits for its answer."""
        if self._wire.problem is not None or self._pid != os.getpid():
            return

        async def ask() -> None:
            try:
                await self.ask(operation, _FAREWELL, "the answer to an event")
            except SyncError:
                # The printed event counts.
                pass

        def begin() -> None:
            self._events.append(self._loop.create_task(ask()))

        if threading.get_ident() == self._thread:
            begin()
        else:
            self._loop.call_soon_threadsafe(begin)

    async def close(self) -> None:
        """Sends a close frame, and waits a moment for the answer."""
        import asyncio

        if self._pid != os.getpid():
            # The parent shares the selector of the loop.
            return
        if self._wire.problem is None:
            if self._events:
                await asyncio.wait(self._events, timeout=_FAREWELL)
            self._wire.leave()
            self._flush()
            try:
                await self._wait(self._connection, lambda: None, 1.0, "the end of the connection")
            except SyncError:
                pass
        self._wire.fail("was closed")
        self._abort()

    async def _wait(
        self, listener: _Listener, poll: Callable[[], Optional[_T]], timeout: Optional[float], what: str
    ) -> _T:
        """Calls ``poll`` each time that the listener is woken, until it returns something."""
        is_late = False

        def expire() -> None:
            nonlocal is_late
            is_late = True
            listener.wake()

        timer = None if timeout is None else self._loop.call_later(timeout, expire)
        try:
            while True:
                found = poll()
                if found is not None:
                    return found
                self._check()
                if is_late:
                    raise _waited(what, timeout)
                woken: asyncio.Future[None] = self._loop.create_future()
                listener.waiting.append(_settler(woken))
                await woken
        finally:
            if timer is not None:
                timer.cancel()

    def _flush(self) -> None:
        outgoing = self._wire.socket.outgoing
        if self._transport is None:
            return
        if outgoing and not self._transport.is_closing():
            self._transport.write(bytes(outgoing))
        outgoing.clear()

    def _check(self) -> None:
        if self._pid != os.getpid():
            raise _of_another_process(self._pid, "AsyncSyncClient")
        if self._wire.problem is not None:
            raise SyncError(self._wire.failure)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _settler(future: asyncio.Future[None]) -> Callable[[], None]:
    def settle() -> None:
        if not future.done():
            future.set_result(None)

    return settle


class AsyncSubscription:
    """
    The messages of a topic, from the first, in order. Iterate over it with ``async for``, or wait for one message with
    ``await next(timeout=…)``. ``close``, or the end of an ``async with`` block, ends it.
    """

    def __init__(self, connection: _AsyncConnection, operation: _Json, topic: str, timeout: Optional[float]) -> None:
        self._connection = connection
        self._what = f'a message of topic "{topic}"'
        self._timeout = timeout
        self._is_closed = False
        self._id, self._listener = connection.open(operation)

    async def next(self, timeout: Optional[float] = None) -> Any:
        """
        Waits for the next message.

        :raises SyncTimeout: when none comes within ``timeout`` seconds.
        """
        if self._is_closed:
            raise SyncError(f"{self._what} cannot be read: the subscription was closed")
        return json.loads(_checked(await self._connection.take(self._listener, timeout, self._what))["subscribe"])

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._connection.cancel(self._id)

    def __aiter__(self) -> AsyncSubscription:
        return self

    async def __anext__(self) -> Any:
        if self._is_closed:
            raise StopAsyncIteration
        return await self.next(self._timeout)

    async def __aenter__(self) -> AsyncSubscription:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # A loop was left with break.
        if not getattr(self, "_is_closed", True) and hasattr(self, "_id"):
            self._connection.drop(self._id)


class AsyncSyncClient:
    """
    A client of the sync service for asyncio, bound to one run. ``timeout`` is in seconds; without one, a wait may last
    forever. A wait whose task is cancelled is cancelled at the service too.
    """

    def __init__(self, connection: _AsyncConnection, params: RunParams) -> None:
        self._connection = connection
        self._operations = _Operations(params)

    @classmethod
    async def connect(cls, runenv: RunEnv, *, timeout: Optional[float] = _CONNECT_TIMEOUT) -> AsyncSyncClient:
        """
        Connects to the service given by the environment (SYNC_SERVICE_HOST and SYNC_SERVICE_PORT).

        :raises SyncError: if no service answers there.
        """
        return cls(await _AsyncConnection.connect(timeout), runenv.params)

    async def signal_entry(self, state: str, *, timeout: Optional[float] = None) -> int:
        """Enters a state. :returns: the number of this entry, from 1."""
        operation = self._operations.signal_entry(state)
        response = await self._connection.ask(operation, timeout, f'the entry into state "{state}"')
        return _seq_of(response, "signal_entry")

    async def barrier(self, state: str, target: int, *, timeout: Optional[float] = None) -> None:
        """
        Waits until at least ``target`` entries into a state have been signalled.

        :raises SyncError: if the run has failed and no more entries will come.
        """
        operation = self._operations.barrier(state, target)
        await self._connection.ask(operation, timeout, f'entry {target} into state "{state}"')

    async def signal_and_wait(self, state: str, target: int, *, timeout: Optional[float] = None) -> int:
        """Enters a state and waits until ``target`` entries have been signalled. :returns: the number of this entry."""
        seq = await self.signal_entry(state, timeout=timeout)
        await self.barrier(state, target, timeout=timeout)
        return seq

    async def publish(self, topic: str, payload: object, *, timeout: Optional[float] = None) -> int:
        """Publishes a JSON value. :returns: the number of this message, from 1."""
        operation = self._operations.publish(topic, payload)
        return _seq_of(await self._connection.ask(operation, timeout, f'the answer of topic "{topic}"'), "publish")

    def subscribe(self, topic: str, *, timeout: Optional[float] = None) -> AsyncSubscription:
        """
        All messages of a topic from the first, then those that follow.

        :param timeout: how long a loop over it waits for each message.
        """
        return AsyncSubscription(self._connection, self._operations.subscribe(topic), topic, timeout)

    async def publish_subscribe(
        self, topic: str, payload: object, *, timeout: Optional[float] = None
    ) -> Tuple[int, AsyncSubscription]:
        """Publishes, then subscribes to the same topic. :returns: the message's number, and the subscription."""
        seq = await self.publish(topic, payload, timeout=timeout)
        return seq, self.subscribe(topic, timeout=timeout)

    async def publish_and_wait(
        self, topic: str, payload: object, state: str, target: int, *, timeout: Optional[float] = None
    ) -> int:
        """Publishes, then waits until ``target`` entries into a state have been signalled. :returns: the message's number."""
        seq = await self.publish(topic, payload, timeout=timeout)
        await self.barrier(state, target, timeout=timeout)
        return seq

    async def signal_event(self, event: _Json) -> None:
        """Publishes an event on the run's own topic."""
        await self._connection.ask(self._operations.event(event), _FAREWELL, "the answer to an event")

    def _tell_event(self, event: _Json) -> None:
        self._connection.tell(self._operations.event(event))

    async def close(self) -> None:
        """Closes the connection; pending waits fail."""
        await self._connection.close()

    async def __aenter__(self) -> AsyncSyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


# --- the network ----------------------------------------------------------------------------------------------------


class FilterAction(enum.IntEnum):
    """What happens to packets: they are accepted, rejected, or dropped."""

    ACCEPT = 0
    REJECT = 1
    DROP = 2


#: The longest delay that sidecars can apply, in seconds: 2^32 microseconds.
_MAX_DELAY = 4294.967


@dataclasses.dataclass(frozen=True)
class LinkShape:
    """
    How what an instance sends is shaped. A round trip is shaped twice if both sides ask for it. Percentages are from 0
    to 100.
    """

    #: Seconds by which packets are delayed, at most 4,294.
    latency: float = 0
    #: The greatest deviation from the latency, in seconds. May reorder packets.
    jitter: float = 0
    #: Bits per second, a whole number; 0 for no limit.
    bandwidth: int = 0
    #: For rules. The filter of a whole network is always ``ACCEPT``.
    filter: FilterAction = FilterAction.ACCEPT
    #: The percentage of packets that are lost.
    loss: float = 0
    #: The percentage of packets in which one bit is flipped.
    corrupt: float = 0
    #: How much each choice depends on the one before it, in per cent.
    corrupt_corr: float = 0
    #: The percentage of packets that are sent without the latency, and so before others.
    reorder: float = 0
    #: How much each choice depends on the one before it, in per cent.
    reorder_corr: float = 0
    #: The percentage of packets that are sent twice.
    duplicate: float = 0
    #: How much each choice depends on the one before it, in per cent.
    duplicate_corr: float = 0

    def _problems(self, at: str) -> Iterator[str]:
        """What is wrong with its values: each text names one."""
        for name in ("latency", "jitter"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= _MAX_DELAY:
                yield f"{at}{name} must be a number of seconds from 0 to {_MAX_DELAY}, not {value!r}"
        if not isinstance(self.bandwidth, int) or isinstance(self.bandwidth, bool) or self.bandwidth < 0:
            must = "a whole number of bits per second, or 0 for no limit"
            yield f"{at}bandwidth must be {must}, not {self.bandwidth!r}"
        if self.filter not in tuple(FilterAction):
            yield f"{at}filter must be a FilterAction, not {self.filter!r}"
        for name in _PERCENTAGES:
            value = getattr(self, name)
            if not _is_number(value) or not 0 <= value <= 100:
                yield f"{at}{name} must be a percentage from 0 to 100, not {value!r}"

    def _wire(self) -> _Json:
        """In the sidecar's wire format: sdk-go, network/types.go."""
        wire = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        wire["latency"] = round(self.latency * 1e9)
        wire["jitter"] = round(self.jitter * 1e9)
        wire["filter"] = int(self.filter)
        return wire


_PERCENTAGES = ("loss", "corrupt", "corrupt_corr", "reorder", "reorder_corr", "duplicate", "duplicate_corr")


@dataclasses.dataclass(frozen=True)
class LinkRule(LinkShape):
    """What happens to what an instance sends to a subnet. tg applies the filter only, as Testground does."""

    #: A subnet such as ``16.0.1.0/24``, or one address.
    subnet: str = ""

    def _problems(self, at: str) -> Iterator[str]:
        if not self.subnet:
            yield f"{at[:-1]} has no subnet"
        elif not _is_interface(self.subnet, 4):
            yield f"{at}subnet must be an IPv4 subnet such as 16.0.1.0/24, not {self.subnet!r}"
        yield from super()._problems(at)


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """A configuration of an instance's network. It replaces the one before it, except for its rules, which add up."""

    #: The state that the sidecar signals once when it has applied the configuration.
    callback_state: str
    #: The network's name: ``default``, the data network, is the only one.
    network: str = "default"
    #: The address that the instance gets, such as ``16.0.1.2/16``; default: the one that it has.
    ipv4: Optional[str] = None
    #: An IPv6 address. tg applies none: its networks have only IPv4.
    ipv6: Optional[str] = None
    #: Whether the instance is connected to the network.
    enable: bool = True
    #: How everything that the instance sends is shaped.
    default: LinkShape = LinkShape()
    #: Rules for subnets. One that accepts a subnet takes back an earlier one for the same subnet.
    rules: Sequence[LinkRule] = ()
    #: The number of entries into the callback state to wait for; default, and for 0: the number of all instances.
    callback_target: Optional[int] = None
    #: ``allow_all`` or ``deny_all``: whether what is outside of the run can be reached; default: ``deny_all``.
    routing_policy: str = ""

    def _problems(self) -> Iterator[str]:
        """What is wrong with its values: each text names one."""
        if not self.callback_state:
            yield "no callback state provided"
        if not self.network:
            yield f"network must be the name of a network, not {self.network!r}"
        if self.ipv4 and not _is_interface(self.ipv4, 4):
            yield f"ipv4 must be an IPv4 address such as 16.0.1.2/16, not {self.ipv4!r}"
        if self.ipv6 and not _is_interface(self.ipv6, 6):
            yield f"ipv6 must be an IPv6 address such as fd00::2/64, not {self.ipv6!r}"
        if not isinstance(self.enable, bool):
            yield f"enable must be True or False, not {self.enable!r}"
        target = self.callback_target
        if target is not None and (not isinstance(target, int) or isinstance(target, bool) or target < 0):
            yield f"callback_target must be a whole number from 0, not {target!r}"
        if self.routing_policy not in ("", "allow_all", "deny_all"):
            yield f"routing_policy must be allow_all or deny_all, not {self.routing_policy!r}"
        yield from self.default._problems("default.")
        for index, rule in enumerate(self.rules):
            yield from rule._problems(f"rules[{index}].")

    def _wire(self) -> _Json:
        problems = list(self._problems())
        if problems:
            raise NetworkError("failed to configure network; " + "; ".join(problems))
        return {
            "network": self.network,
            "IPv4": self.ipv4,
            "IPv6": self.ipv6,
            "enable": self.enable,
            "default": self.default._wire(),
            "rules": [rule._wire() for rule in self.rules],
            "callback_state": self.callback_state,
            "routing_policy": self.routing_policy,
        }


def _is_interface(text: object, version: int) -> bool:
    """Whether a text is an address of that version, with or without the length of its prefix."""
    if not isinstance(text, str) or re.fullmatch(r"[^/]+(/[0-9]{1,3})?", text) is None:
        return False
    try:
        return ipaddress.ip_interface(text).version == version
    except ValueError:
        return False


_NETWORK_INITIALIZED = "network-initialized"


class _Network:
    """The common base of both network clients."""

    def __init__(self, runenv: RunEnv) -> None:
        self._runenv = runenv

    def get_data_network_ip(self) -> str:
        """
        This instance's address on the data network; a loopback address without a sidecar. After a configuration with
        another address, it is that one.

        :raises NetworkError: if it has none: the network is disabled.
        """
        if not self._runenv.params.test_sidecar:
            return "127.0.0.1"
        text = self._runenv.params.test_subnet
        try:
            subnet = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise NetworkError(f"TEST_SUBNET must be a subnet such as 16.0.0.0/16, not {_quoted(text)}") from None
        for address in _own_addresses():
            if address in subnet:
                return str(address)
        raise NetworkError(f"no network interface of this instance is in the subnet {text}")

    def _topic(self) -> str:
        return f"network:{os.environ.get('HOSTNAME') or socket.gethostname()}"

    def _stage(self, kind: str) -> _Json:
        return {kind: {"name": _NETWORK_INITIALIZED, "group": self._runenv.test_group_id}}

    def _is_ignored(self) -> bool:
        """Whether there is no sidecar. Records a message if there is none."""
        if self._runenv.params.test_sidecar:
            return False
        self._runenv.record_message("ignoring network change request; running in a sidecar-less environment")
        return True


class NetworkClient(_Network):
    """Asks the sidecar, if there is one, to configure this instance's network."""

    def __init__(self, sync_client: SyncClient, runenv: RunEnv) -> None:
        super().__init__(runenv)
        self._sync = sync_client

    def wait_network_initialized(self, *, timeout: Optional[float] = None) -> None:
        """Waits until the network of every instance is initialized; returns immediately without a sidecar."""
        self._sync.signal_event(self._stage("stage_start_event"))
        if self._runenv.params.test_sidecar:
            try:
                self._sync.barrier(_NETWORK_INITIALIZED, self._runenv.test_instance_count, timeout=timeout)
            except SyncError:
                self._runenv.record_message("network initialisation failed")
                raise
        self._runenv.record_message("network initialisation successful")
        self._sync.signal_event(self._stage("stage_end_event"))

    def configure_network(self, config: NetworkConfig, *, timeout: Optional[float] = None) -> None:
        """
        Requests a network configuration and waits until it is applied. Without a sidecar nothing is shaped: that is
        recorded, and the plan continues.

        :raises NetworkError: if a value is invalid, with or without a sidecar; then nothing is sent.
        """
        wire = config._wire()
        if not self._is_ignored():
            target = config.callback_target or self._runenv.test_instance_count
            self._sync.publish_and_wait(self._topic(), wire, config.callback_state, target, timeout=timeout)


class AsyncNetworkClient(_Network):
    """Asks the sidecar, if there is one, to configure this instance's network; for asyncio."""

    def __init__(self, sync_client: AsyncSyncClient, runenv: RunEnv) -> None:
        super().__init__(runenv)
        self._sync = sync_client

    async def wait_network_initialized(self, *, timeout: Optional[float] = None) -> None:
        """Waits until the network of every instance is initialized; returns immediately without a sidecar."""
        await self._sync.signal_event(self._stage("stage_start_event"))
        if self._runenv.params.test_sidecar:
            try:
                await self._sync.barrier(_NETWORK_INITIALIZED, self._runenv.test_instance_count, timeout=timeout)
            except SyncError:
                self._runenv.record_message("network initialisation failed")
                raise
        self._runenv.record_message("network initialisation successful")
        await self._sync.signal_event(self._stage("stage_end_event"))

    async def configure_network(self, config: NetworkConfig, *, timeout: Optional[float] = None) -> None:
        """
        Requests a network configuration and waits until it is applied. Without a sidecar nothing is shaped: that is
        recorded, and the plan continues.

        :raises NetworkError: if a value is invalid, with or without a sidecar; then nothing is sent.
        """
        wire = config._wire()
        if not self._is_ignored():
            target = config.callback_target or self._runenv.test_instance_count
            await self._sync.publish_and_wait(self._topic(), wire, config.callback_state, target, timeout=timeout)


def _own_addresses() -> List[Union[ipaddress.IPv4Address, ipaddress.IPv6Address]]:
    """The addresses of all interfaces, from the C library's getifaddrs: Python has no function for them."""
    import ctypes

    class Interface(ctypes.Structure):
        pass

    Interface._fields_ = [
        ("next", ctypes.POINTER(Interface)),
        ("name", ctypes.c_char_p),
        ("flags", ctypes.c_uint),
        ("address", ctypes.c_void_p),
    ]
    library = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(Interface)()
    if library.getifaddrs(ctypes.byref(first)) != 0:
        raise NetworkError(f"the network interfaces cannot be listed: {os.strerror(ctypes.get_errno())}")
    found: List[Union[ipaddress.IPv4Address, ipaddress.IPv6Address]] = []
    try:
        interface = first
        while interface:
            place = interface.contents.address
            if place:
                head = ctypes.string_at(place, 2)
                # On BSD and macOS the structure begins with a length.
                family = int.from_bytes(head, sys.byteorder) if sys.platform.startswith("linux") else head[1]
                if family == socket.AF_INET:
                    found.append(ipaddress.IPv4Address(ctypes.string_at(place + 4, 4)))
                elif family == socket.AF_INET6:
                    found.append(ipaddress.IPv6Address(ctypes.string_at(place + 8, 16)))
            interface = interface.contents.next
    finally:
        library.freeifaddrs(first)
    return found


# --- the context of a test case -------------------------------------------------------------------------------------

_INITIALIZED_GLOBAL = "initialized_global"


def _initialized_group(group: str) -> str:
    return f"initialized_group_{group}"


@dataclasses.dataclass(frozen=True)
class InitContext:
    """The context of an initialized test case: its clients and its sequence numbers."""

    runenv: RunEnv
    sync_client: SyncClient
    net_client: NetworkClient
    #: From 1, unique among all instances.
    global_seq: int
    #: From 1, unique among the instances of the group.
    group_seq: int

    @classmethod
    def create(cls, runenv: RunEnv) -> InitContext:
        """Connects, waits for the network, and claims the sequence numbers; with the messages of the Go SDK."""
        sync_client = SyncClient.connect(runenv)
        net_client = NetworkClient(sync_client, runenv)
        runenv.record_message("waiting for network to initialize")
        net_client.wait_network_initialized()
        runenv.record_message("network initialization complete")
        global_seq = sync_client.signal_entry(_INITIALIZED_GLOBAL)
        group_seq = sync_client.signal_entry(_initialized_group(runenv.test_group_id))
        runenv._signal_event = sync_client.signal_event
        _say_claimed(runenv, global_seq, group_seq)
        return cls(runenv, sync_client, net_client, global_seq, group_seq)

    def wait_all_instances_initialized(self, *, timeout: Optional[float] = None) -> None:
        self.sync_client.barrier(_INITIALIZED_GLOBAL, self.runenv.test_instance_count, timeout=timeout)

    def wait_group_instances_initialized(self, *, timeout: Optional[float] = None) -> None:
        state = _initialized_group(self.runenv.test_group_id)
        self.sync_client.barrier(state, self.runenv.test_group_instance_count, timeout=timeout)


@dataclasses.dataclass(frozen=True)
class AsyncInitContext:
    """The context of an initialized ``async def``: like InitContext, with clients for asyncio."""

    runenv: RunEnv
    sync_client: AsyncSyncClient
    net_client: AsyncNetworkClient
    #: From 1, unique among all instances.
    global_seq: int
    #: From 1, unique among the instances of the group.
    group_seq: int

    @classmethod
    async def create(cls, runenv: RunEnv) -> AsyncInitContext:
        """Connects, waits for the network, and claims the sequence numbers; with the messages of the Go SDK."""
        sync_client = await AsyncSyncClient.connect(runenv)
        net_client = AsyncNetworkClient(sync_client, runenv)
        runenv.record_message("waiting for network to initialize")
        await net_client.wait_network_initialized()
        runenv.record_message("network initialization complete")
        global_seq = await sync_client.signal_entry(_INITIALIZED_GLOBAL)
        group_seq = await sync_client.signal_entry(_initialized_group(runenv.test_group_id))
        runenv._signal_event = sync_client._tell_event
        _say_claimed(runenv, global_seq, group_seq)
        return cls(runenv, sync_client, net_client, global_seq, group_seq)

    async def wait_all_instances_initialized(self, *, timeout: Optional[float] = None) -> None:
        await self.sync_client.barrier(_INITIALIZED_GLOBAL, self.runenv.test_instance_count, timeout=timeout)

    async def wait_group_instances_initialized(self, *, timeout: Optional[float] = None) -> None:
        state = _initialized_group(self.runenv.test_group_id)
        await self.sync_client.barrier(state, self.runenv.test_group_instance_count, timeout=timeout)


def _say_claimed(runenv: RunEnv, global_seq: int, group_seq: int) -> None:
    runenv.record_message(
        f"claimed sequence numbers; global={global_seq}, group({runenv.test_group_id})={group_seq}"
    )


# --- invoke ---------------------------------------------------------------------------------------------------------

#: A function that takes nothing, a RunEnv, or a RunEnv and an InitContext (for ``async def`` an AsyncInitContext).
TestCase = Union[
    Callable[[], None],
    Callable[[RunEnv], None],
    Callable[[RunEnv, InitContext], None],
    Callable[[], Awaitable[None]],
    Callable[[RunEnv], Awaitable[None]],
    Callable[[RunEnv, AsyncInitContext], Awaitable[None]],
]

_SUCCESS, _FAILURE, _CRASH, _INTERRUPTED = 0, 1, 2, 130


def invoke_map(cases: Mapping[str, TestCase]) -> NoReturn:
    """Runs the test case named by the run environment, as ``invoke`` does. An unknown name is a failure."""

    def choose(runenv: RunEnv) -> TestCase:
        if runenv.test_case in cases:
            return cases[runenv.test_case]
        raise TestFailure(f"unrecognized test case: {runenv.test_case}; this plan has {', '.join(cases)}")

    _invoke(choose)


def invoke(test_case: TestCase) -> NoReturn:
    """
    Runs a test case and reports how it ended: success if it returns, failure if it raises an AssertionError or one of
    the SDK's own errors (TestFailure is one), a crash for any other exception. Then the process exits with 0, 1 or 2.
    """
    _invoke(lambda _: test_case)


def _invoke(choose: Callable[[RunEnv], TestCase]) -> NoReturn:
    try:
        runenv = RunEnv.current()
    except RunEnvError as error:
        sys.exit(f"tg_sdk: {error}")
    pid = os.getpid()
    _measure_memory(runenv)
    try:
        runenv.record_start()
        code = _carry_out(runenv, choose)
    except BaseException as error:
        if os.getpid() != pid:
            raise
        code = _record_error(runenv, error)
    if os.getpid() != pid:
        # The test case has forked, and the child has returned from it. The parent decides the verdict.
        sys.exit(code)
    _leave(runenv, code)


def _carry_out(runenv: RunEnv, choose: Callable[[RunEnv], TestCase]) -> int:
    test_case: Any = choose(runenv)
    arguments = _count_arguments(test_case)
    if not inspect.iscoroutinefunction(test_case) and not inspect.iscoroutinefunction(
        getattr(test_case, "__call__", None)
    ):
        with _crashes_of_threads(lambda error: _end_at_once(runenv, error)):
            return _carry_out_blocking(runenv, test_case, arguments)

    import asyncio

    invocation = _AsyncInvocation(runenv)
    code = asyncio.run(invocation.carry_out(test_case, arguments))
    # Tasks that are left may crash while asyncio cancels them.
    return _CRASH if invocation.has_crashed else code


def _count_arguments(test_case: Any) -> int:
    """The number of a test case's parameters: 0, 1 (the run environment) or 2 (and an InitContext)."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(test_case).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return 2
    named = [parameter for parameter in parameters if parameter.kind in kinds]
    if len([parameter for parameter in named if parameter.default is inspect.Parameter.empty]) > 2:
        name = getattr(test_case, "__name__", repr(test_case))
        raise TestFailure(f"the test case {name} takes {len(named)} parameters; it is given runenv and init, no more")
    return min(2, len(named))


def _carry_out_blocking(runenv: RunEnv, test_case: Any, arguments: int) -> int:
    pid = os.getpid()
    context: Optional[InitContext] = None
    try:
        if arguments == 2:
            context = InitContext.create(runenv)
        _refuse_unstarted(test_case(*(runenv, context)[:arguments]))
    except BaseException as error:
        if os.getpid() != pid:
            raise
        code = _record_error(runenv, error)
    else:
        if os.getpid() != pid:
            return _SUCCESS
        runenv.record_success()
        code = _SUCCESS
    if context is not None:
        context.sync_client.close()
    return code


def _refuse_unstarted(result: object) -> None:
    """Fails if a test case returned a coroutine or generator that never started: it would pass without running."""
    if inspect.iscoroutine(result):
        result.close()
    if inspect.isawaitable(result):
        raise TestFailure("the test case returned something to be awaited: define it with async def")
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TestFailure("the test case is a generator, of which nothing was carried out: it has a yield")


class _AsyncInvocation:
    """Runs a test case on an event loop. An unhandled error (in a task, a callback, a thread) ends it as a crash."""

    def __init__(self, runenv: RunEnv) -> None:
        self._runenv = runenv
        self._task: Optional[asyncio.Future[Any]] = None
        self.has_crashed = False

    async def carry_out(self, test_case: Any, arguments: int) -> int:
        import asyncio

        runenv = self._runenv
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_error)
        self._write_metrics(loop)
        context: Optional[AsyncInitContext] = None
        with _crashes_of_threads(lambda error: loop.call_soon_threadsafe(self._crash, error)):
            try:
                if arguments == 2:
                    context = await AsyncInitContext.create(runenv)
                self._task = asyncio.ensure_future(test_case(*(runenv, context)[:arguments]))
                _refuse_unstarted(await self._task)
            except asyncio.CancelledError:
                # Cancelled by a crash elsewhere, by Ctrl-C, or by the test case itself.
                if not self.has_crashed:
                    raise
            except Exception as error:
                code = _record_error(runenv, error)
            else:
                if not self.has_crashed:
                    runenv.record_success()
                    code = _SUCCESS
        if context is not None:
            await context.sync_client.close()
        return _CRASH if self.has_crashed else code

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: _Json) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._crash(error)
        else:
            loop.default_exception_handler(context)

    def _crash(self, error: BaseException) -> None:
        self.has_crashed = True
        self._runenv.record_crash(error)
        _say_stack(error)
        if self._task is not None:
            self._task.cancel()

    def _write_metrics(self, loop: asyncio.AbstractEventLoop) -> None:
        self._runenv._write_due_metrics()
        wait = self._runenv._metrics_due() - time.monotonic()
        loop.call_later(min(1.0, max(0.01, wait)), self._write_metrics, loop)


#: Python's own hook. A plan may set another one later.
_print_thread_error = threading.excepthook


@contextmanager
def _crashes_of_threads(end: Callable[[BaseException], object]) -> Iterator[None]:
    """Treats an error that ends a thread as a crash of the test case, unless the plan handles such errors itself."""
    pid = os.getpid()

    def on_error(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or issubclass(args.exc_type, SystemExit) or os.getpid() != pid:
            _print_thread_error(args)
        else:
            end(args.exc_value)

    if threading.excepthook is not _print_thread_error:
        yield
        return
    threading.excepthook = on_error
    try:
        yield
    finally:
        if threading.excepthook is on_error:
            threading.excepthook = _print_thread_error


def _end_at_once(runenv: RunEnv, error: BaseException) -> None:
    """Ends the process after a crash in a thread: the test case may wait for that thread, and cannot be interrupted."""
    try:
        _say_stack(error)
        runenv.record_crash(error)
        runenv.close()
        _flush_streams()
    finally:
        os._exit(_CRASH)


def _record_error(runenv: RunEnv, error: BaseException) -> int:
    """Records how a test case ended that did not return. :returns: the exit status."""
    if isinstance(error, KeyboardInterrupt):
        runenv.record_failure("interrupted (SIGINT)")
        return _INTERRUPTED
    if isinstance(error, SystemExit):
        return _record_exit(runenv, error.code)
    # A failure event has the message only; the traceback is in run.err.
    _say_stack(error)
    if _is_failure(error):
        runenv.record_failure(error)
        return _FAILURE
    runenv.record_crash(error)
    return _CRASH


def _record_exit(runenv: RunEnv, code: object) -> int:
    """Records that a test case called sys.exit. It did not return, so it failed, whatever the status."""
    if isinstance(code, str):
        runenv.record_failure(code)
        return _FAILURE
    status = code if isinstance(code, int) else 0
    runenv.record_failure(f"the test case called sys.exit({status}) and did not return")
    return status & 0xFF or _FAILURE


def _measure_memory(runenv: RunEnv) -> None:
    """Records the resident memory of the process, if the system reports it (Linux)."""
    place = "/proc/self/statm"
    if os.path.exists(place):
        page = os.sysconf("SC_PAGE_SIZE")

        def rss() -> float:
            with open(place, encoding="ascii") as file:
                return int(file.read().split()[1]) * page

        runenv.D().gauge_f("process.rss", rss)


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def _leave(runenv: RunEnv, code: int) -> NoReturn:
    """Writes the last metrics and ends the process. Output that cannot be written is a failure."""
    try:
        runenv.close()
        _flush_streams()
    except Exception as error:
        _say_stack(error)
        code = code or _FAILURE
    _end_after_threads(code)
    sys.exit(code)


def _end_after_threads(code: int) -> None:
    """Ends the process even if threads still run that Python would wait for: the verdict is known."""
    own = threading.current_thread()
    others = [thread for thread in threading.enumerate() if thread is not own and not thread.daemon]
    if not others:
        return

    def end() -> None:
        time.sleep(_FAREWELL)
        names = ", ".join(thread.name for thread in others if thread.is_alive())
        sys.stderr.write(f"tg_sdk: the process ends while these threads go on: {names}\n")
        _flush_streams()
        os._exit(code)

    threading.Thread(target=end, name="tg-end", daemon=True).start()
