//! Which hosts this program contacts.

use std::collections::BTreeMap;

use eframe::egui::Ui;

use crate::domain::Connection;
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{key_value, visible};

use super::section::{paragraph, section};

/// Draws the section.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui) {
    let tokens = ui.tokens();
    section(ui, "Network", |ui| {
        paragraph(
            ui,
            "Assay contacts the hosts of your connections and nothing else, and only when you run, check or list models. \
             No account, no telemetry, no update check.",
        );
        let hosts = hosts(&cx.state.connections.list);
        if hosts.is_empty() {
            ui.label(text::small("There is no connection yet, so nothing is contacted.", tokens));
        }
        for (host, names) in hosts {
            key_value(ui, 260.0, &visible(&host).text, text::quiet(visible(&names.join(", ")).text, tokens));
        }
    });
}

/// The hosts of the connections, each with the connections that it is of.
fn hosts(connections: &[Connection]) -> BTreeMap<String, Vec<&str>> {
    let mut hosts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for connection in connections {
        let host = if connection.is_simulated() { "inside this program".to_owned() } else { connection.host() };
        if !host.is_empty() {
            hosts.entry(host).or_default().push(&connection.name);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ConnectionId, KeySource, Role};

    #[test]
    fn hosts_are_told_once_with_all_their_connections() {
        let at = |name: &str, role, url: &str| Connection::new(ConnectionId::draw(), name, role, url, KeySource::None);
        let list = [
            at("A", Role::Official, "https://api.example.com/v1"),
            at("Demo (simulated)", Role::Demo, "http://127.0.0.1:4000/v1"),
            at("B", Role::Relay, "https://API.example.com/other/v1"),
        ];
        let hosts = hosts(&list);
        assert_eq!(hosts["api.example.com"], ["A", "B"]);
        assert_eq!(hosts["inside this program"], ["Demo (simulated)"]);
        assert_eq!(hosts.len(), 2);
    }
}
