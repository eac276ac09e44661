import tg_sdk
from tg_sdk import InitContext, RunEnv


def meet(runenv: RunEnv, init: InitContext) -> None:
    """Each instance publishes its greeting, receives the greetings of all, and meets the others at a barrier."""
    client, all_instances = init.sync_client, runenv.test_instance_count
    seq = client.publish("greetings", runenv.string_param("greeting"))
    runenv.record_message(f"I am number {seq} of {all_instances}")
    with client.subscribe("greetings") as greetings:
        for _ in range(all_instances):
            runenv.record_message(f"heard {greetings.next()}")
    client.signal_and_wait("met", all_instances)


if __name__ == "__main__":
    tg_sdk.invoke_map({"meet": meet})
