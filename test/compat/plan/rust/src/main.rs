//! The cases of the compat plan in Rust, for the crate as it was published.

use std::time::Duration;
use testground::client::Client;
use testground::network_conf::{
    FilterAction, LinkShape, NetworkConfiguration, RoutingPolicyType, DEFAULT_DATA_NETWORK,
};
use testground::WriteQuery;
use tokio_stream::StreamExt;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = Client::new_and_init().await?;
    match client.run_parameters().test_case.as_str() {
        "meet" => meet(&client).await?,
        "params" => {
            let params = client.run_parameters().test_instance_params;
            client.record_message(format!("text={} number={}", params["text"], params["number"]));
        }
        "metrics" => metrics(&client).await?,
        "network" => network(&client).await?,
        "fail" => {
            client.record_failure("it did not work").await?;
            return Ok(());
        }
        "panic" => panic!("out of order"),
        "hang" => {
            client.record_message("waiting for nobody");
            client.barrier("never", 99).await?;
        }
        "abandon" => {
            let n = client.run_parameters().test_instance_count;
            if client.signal_and_wait("begun", n).await? == 1 {
                client.record_failure("it did not work").await?;
                return Ok(());
            }
            client.signal_and_wait("ready", n).await?;
        }
        other => {
            client.record_crash(format!("no case {other}"), "").await?;
            return Ok(());
        }
    }
    if cfg!(feature = "loud") {
        client.record_message("LOUD");
    }
    client.record_success().await?;
    Ok(())
}

async fn meet(client: &Client) -> Result<(), Failure> {
    let run = client.run_parameters();
    let n = run.test_instance_count;
    let seq = client.signal_and_wait("met", n).await?;
    let word = serde_json::json!({ "From": run.test_group_id, "Seq": seq });
    client.publish("hello", std::borrow::Cow::Owned(word)).await?;
    client.barrier("met", n).await?;
    client.signal_and_wait("published", n).await?;
    for name in ["heard", "heard again"] {
        let mut words = client.subscribe("hello", 1024).await;
        let mut heard = Vec::new();
        while (heard.len() as u64) < n {
            let word = tokio::time::timeout(Duration::from_secs(30), words.next()).await?;
            let word = word.ok_or("the subscription ended")??;
            heard.push(format!("{}/{}", word["From"].as_str().unwrap_or("?"), word["Seq"]));
        }
        client.record_message(format!("{}: {}", name, heard.join(" ")));
    }
    client.signal_and_wait("done", n).await?;
    Ok(())
}

async fn metrics(client: &Client) -> Result<(), Failure> {
    for degrees in 20..23 {
        let query = WriteQuery::new(testground::Timestamp::Milliseconds(1_700_000_000_000), "temperature")
            .add_field("value", degrees as f64)
            .add_tag("place", "here");
        client.record_metric(query).await?;
    }
    println!("not an event: kept all the same");
    Ok(())
}

async fn network(client: &Client) -> Result<(), Failure> {
    let run = client.run_parameters();
    let millis: u64 = run.test_instance_params["latency"].parse()?;
    let config = NetworkConfiguration {
        network: DEFAULT_DATA_NETWORK.to_owned(),
        ipv4: None,
        ipv6: None,
        enable: true,
        default: LinkShape {
            latency: millis * 1_000_000,
            jitter: 0,
            bandwidth: 0,
            filter: FilterAction::Accept,
            loss: 0.0,
            corrupt: 0.0,
            corrupt_corr: 0.0,
            reorder: 0.0,
            reorder_corr: 0.0,
            duplicate: 0.0,
            duplicate_corr: 0.0,
        },
        rules: None,
        callback_state: "configured".to_owned(),
        callback_target: None,
        routing_policy: RoutingPolicyType::AllowAll,
    };
    client.configure_network(config).await?;
    client.record_message(format!("configured; sidecar={}", run.test_sidecar));
    if let Some(address) = run.data_network_ip()? {
        client.record_message(format!("my address is {address}"));
    }
    Ok(())
}
