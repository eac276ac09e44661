"""The cases of the compat plan in Python, blocking."""

import threading

import tg_sdk
from tg_sdk import InitContext, LinkShape, NetworkConfig, RunEnv


def meet(runenv: RunEnv, init: InitContext) -> None:
    client, n = init.sync_client, runenv.test_instance_count
    seq = client.signal_and_wait("met", n)
    client.publish("hello", {"From": runenv.test_group_id, "Seq": seq})
    client.barrier("met", n)
    client.signal_and_wait("published", n)
    for name in ("heard", "heard again"):
        words = []
        for hello in client.subscribe("hello"):
            words.append(f"{hello['From']}/{hello['Seq']}")
            if len(words) == n:
                break
        runenv.record_message("%s: %s", name, " ".join(words))
    client.signal_and_wait("done", n)


def params(runenv: RunEnv) -> None:
    runenv.record_message(f"text={runenv.string_param('text')} number={runenv.int_param('number')}")


def network(runenv: RunEnv, init: InitContext) -> None:
    latency = runenv.int_param("latency") / 1000
    config = NetworkConfig(callback_state="configured", default=LinkShape(latency=latency))
    init.net_client.configure_network(config)
    runenv.record_message(f"configured; sidecar={str(runenv.params.test_sidecar).lower()}")
    runenv.record_message(f"my address is {init.net_client.get_data_network_ip()}")


def fail() -> None:
    raise tg_sdk.TestFailure("it did not work")


def panic() -> None:
    def crash() -> None:
        raise RuntimeError("out of order")

    threading.Thread(target=crash).start()
    threading.Event().wait()


def hang(runenv: RunEnv, init: InitContext) -> None:
    runenv.record_message("waiting for nobody")
    init.sync_client.barrier("never", 99)


def abandon(runenv: RunEnv, init: InitContext) -> None:
    client, n = init.sync_client, runenv.test_instance_count
    assert client.signal_and_wait("begun", n) != 1, "it did not work"
    client.signal_and_wait("ready", n)


def metrics(runenv: RunEnv) -> None:
    for degree in (20, 21, 22):
        runenv.R().record_point("temperature,place=here", degree)
    print("not an event: kept all the same")


if __name__ == "__main__":
    cases = (meet, params, network, fail, panic, hang, abandon, metrics)
    tg_sdk.invoke_map({case.__name__: case for case in cases})
