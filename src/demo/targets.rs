//! The demo's connection, its three targets and their invented prices.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{Connection, ConnectionId, Currency, KeySource, Params, Price, PriceStanding, Role, TargetSpec};

/// The name of the demo's connection.
pub const DEMO_CONNECTION_NAME: &str = "Demo provider (simulated)";

/// The id of the demo's connection, the same at every start and on every computer.
pub const DEMO_CONNECTION_ID: ConnectionId = ConnectionId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// The connection to a [`DemoServer`](super::DemoServer); its port is another at each start.
pub fn demo_connection(base_url: &str) -> Connection {
    Connection {
        note: "Runs inside this program. Answers, times, tokens and prices are simulated.".to_owned(),
        last_model: Some("sim-large".to_owned()),
        ..Connection::new(DEMO_CONNECTION_ID, DEMO_CONNECTION_NAME, Role::Demo, base_url, KeySource::None)
    }
}

/// Model id, label, price per million input and output tokens in cents, and how far the story believes it.
const OFFERS: [(&str, &str, i64, i64, PriceStanding); 3] = [
    ("sim-large", "Large · official (simulated)", 120, 600, PriceStanding::List),
    ("sim-large-relay", "Large · relay (simulated)", 12, 42, PriceStanding::Claimed),
    ("sim-premium", "Premium (simulated)", 200, 800, PriceStanding::List),
];

fn invented(input_cents: i64, output_cents: i64, standing: PriceStanding) -> Price {
    let [input, output] = [input_cents, output_cents].map(|cents| Decimal::new(cents, 2));
    Price::flat(input, output, Currency::usd(), standing, "simulated: invented for the demo")
}

/// The three targets with their prices: an official model (the baseline), the same through a cheaper and slightly slower relay, a premium model.
pub fn demo_targets() -> [(TargetSpec, Price); 3] {
    OFFERS.map(|(model, label, input, output, standing)| {
        let target = TargetSpec {
            connection: DEMO_CONNECTION_NAME.to_owned(),
            model: model.to_owned(),
            params: Params::default(),
            label: Some(label.to_owned()),
        };
        (target, invented(input, output, standing))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::model::MODELS;

    #[test]
    fn everything_of_the_demo_says_that_it_is_simulated() {
        let connection = demo_connection("http://127.0.0.1:40000/v1");
        assert_eq!(connection.validate(), Ok(()));
        assert!(connection.is_simulated() && connection.name.ends_with("(simulated)"));
        for (target, price) in demo_targets() {
            assert!(target.display_label().ends_with("(simulated)"));
            assert!(price.source.starts_with("simulated"));
            assert_eq!(target.to_string().parse::<TargetSpec>().unwrap(), target);
        }
    }

    #[test]
    fn every_simulated_model_is_a_target_with_a_price() {
        let targets = demo_targets();
        assert_eq!(targets.each_ref().map(|(target, _)| target.model.as_str()), MODELS.each_ref().map(|model| model.id));
        for (_, price) in &targets {
            assert!(price.tiers[0].input_per_million > Decimal::ZERO && price.tiers[0].output_per_million > Decimal::ZERO);
        }
    }
}
