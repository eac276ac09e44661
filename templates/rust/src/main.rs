use std::borrow::Cow;
use testground::client::Client;
use tokio_stream::StreamExt;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = Client::new_and_init().await?;
    match client.run_parameters().test_case.as_str() {
        "meet" => meet(&client).await?,
        other => panic!("there is no test case {other}"),
    }
    client.record_success().await?;
    Ok(())
}

/// Each instance publishes its greeting, receives the greetings of all, and waits at a barrier until all have done so.
async fn meet(client: &Client) -> Result<(), Failure> {
    let run = client.run_parameters();
    let all = run.test_instance_count;
    let greeting = serde_json::json!(run.test_instance_params["greeting"]);
    let seq = client.publish("greetings", Cow::Owned(greeting)).await?;
    client.record_message(format!("I am number {seq} of {all}"));

    let mut greetings = client.subscribe("greetings", 1024).await;
    for _ in 0..all {
        let greeting = greetings.next().await.ok_or("the subscription ended")??;
        client.record_message(format!("heard {greeting}"));
    }
    drop(greetings);

    client.signal_and_wait("met", all).await?;
    Ok(())
}
