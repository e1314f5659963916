//! What is known about models and providers: prices by host and model id, context windows, presets.

use serde::{Deserialize, Serialize};

use super::{ApiKey, Connection, ForeignKey, Origin, Price, Role, WireFormat};

/// One model at one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// Hosts that this entry holds for, lower case.
    pub hosts: Vec<String>,
    /// Model ids that this entry holds for, exactly as the provider spells them.
    pub models: Vec<String>,
    /// Name for people.
    pub name: String,
    /// Context window in tokens; absent when not known.
    #[serde(default)]
    pub context_window_tokens: Option<u64>,
    /// What it is good at.
    #[serde(default)]
    pub strengths: String,
    /// What it is best used for.
    #[serde(default)]
    pub best_use: String,
    /// A relay's claim about what the model is, worded as one; absent for official hosts.
    #[serde(default)]
    pub claim: Option<String>,
    /// Its price; absent when not known.
    #[serde(default)]
    pub price: Option<Price>,
}

/// All entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// In the order of the file.
    #[serde(default, rename = "entry")]
    pub entries: Vec<CatalogEntry>,
}

impl Catalog {
    /// The catalog that comes with the program (`assets/catalog.toml`).
    pub fn bundled() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../assets/catalog.toml"))
    }

    /// The entry for exactly this host and model id.
    pub fn find(&self, host: &str, model: &str) -> Option<&CatalogEntry> {
        self.entries.iter().find(|entry| entry.hosts.iter().any(|h| h == host) && entry.models.iter().any(|m| m == model))
    }
}

/// A price that the user set for one model at one host; it comes before the catalog's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPrice {
    /// Lower-case host.
    pub host: String,
    /// Exact model id.
    pub model: String,
    /// The price, with standing `own`.
    pub price: Price,
}

/// The price of a model at a connection: the user's own, else the catalog's for this host and model id, else nothing for a local server, else
/// unknown.
pub fn find_price(connection: &Connection, model: &str, own: &[OwnPrice], catalog: &Catalog) -> Option<Price> {
    let host = connection.price_host();
    if let Some(own) = own.iter().find(|own| own.host == host && own.model == model) {
        return Some(own.price.clone());
    }
    if let Some(price) = catalog.find(&host, model).and_then(|entry| entry.price.clone()) {
        return Some(price);
    }
    (connection.role == Role::Local).then(Price::local)
}

/// A base URL of a preset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresetUrl {
    /// Region or variant; empty when there is only one.
    #[serde(default)]
    pub region: String,
    /// The base URL.
    pub url: String,
    /// What is spoken there.
    #[serde(default)]
    pub wire: WireFormat,
}

/// A known provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// Stable id.
    pub id: String,
    /// Name, also of the new connection.
    pub name: String,
    /// What stands behind it.
    pub role: Role,
    /// At least one; the first is what a new connection takes.
    pub urls: Vec<PresetUrl>,
    /// Where to get a key; absent for local servers.
    #[serde(default)]
    pub key_page: Option<String>,
    /// How its keys usually start: a hint, never a verdict.
    #[serde(default)]
    pub key_prefix: Option<String>,
    /// The environment variables that usually hold its key.
    #[serde(default)]
    pub key_variables: Vec<String>,
    /// How a server on this computer is started, with `{port}` for its port; absent for the others.
    #[serde(default)]
    pub start_command: Option<String>,
}

impl Preset {
    /// The wire formats that it speaks, the preferred one first.
    pub fn wires(&self) -> Vec<WireFormat> {
        let mut wires = Vec::new();
        for url in &self.urls {
            if !wires.contains(&url.wire) {
                wires.push(url.wire);
            }
        }
        wires
    }

    /// Where it speaks `wire`.
    pub fn urls_of(&self, wire: WireFormat) -> impl Iterator<Item = &PresetUrl> {
        self.urls.iter().filter(move |url| url.wire == wire)
    }

    /// How a server of this kind is started so that it listens at `base_url`.
    pub fn start_command_for(&self, base_url: &str) -> Option<String> {
        let command = self.start_command.as_ref()?;
        let port = Origin::of(base_url).ok()?.port;
        let usual = self.urls.iter().any(|usual| Origin::of(&usual.url).is_ok_and(|origin| origin.port == port));
        // A command that names no port starts the server at its usual one.
        (usual || command.contains("{port}")).then(|| command.replace("{port}", &port.to_string()))
    }
}

/// All presets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presets {
    /// In the order of the file.
    #[serde(default, rename = "preset")]
    pub presets: Vec<Preset>,
}

impl Presets {
    /// The presets that come with the program (`assets/presets.toml`).
    pub fn bundled() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../assets/presets.toml"))
    }

    /// The longest known start of this key and the provider it belongs to, when that is exactly one, and another one than the connection's own
    /// (by its preset, else by its name): a hint, never a verdict.
    pub fn foreign_prefix(&self, key: &ApiKey, own_preset: Option<&str>, own_name: &str) -> Option<(&str, &str)> {
        let matching = || {
            let with_prefix = self.presets.iter().filter_map(|preset| Some((preset.key_prefix.as_deref()?, preset)));
            with_prefix.filter(|(prefix, _)| !prefix.is_empty() && key.reveal().starts_with(prefix))
        };
        let longest = matching().map(|(prefix, _)| prefix.len()).max()?;
        let mut owners = matching().filter(|(prefix, _)| prefix.len() == longest);
        let (prefix, owner) = owners.next()?;
        let is_own = own_preset == Some(owner.id.as_str()) || own_name.to_lowercase().contains(&owner.name.to_lowercase());
        // Several providers share a start such as “sk-”: it says nothing.
        (owners.next().is_none() && !is_own).then_some((prefix, owner.name.as_str()))
    }

    /// As [`Self::foreign_prefix`], for the key of this connection.
    pub fn foreign_key(&self, key: &ApiKey, connection: &Connection) -> Option<ForeignKey> {
        let (prefix, provider) = self.foreign_prefix(key, connection.preset.as_deref(), &connection.name)?;
        Some(ForeignKey { prefix: prefix.to_owned(), provider: provider.to_owned() })
    }

    /// The preset of a connection: the one that it was made from, else the one with its host.
    pub fn of_connection(&self, connection: &Connection) -> Option<&Preset> {
        let host = connection.host();
        let has_host = |preset: &&Preset| preset.urls.iter().any(|url| Origin::of(&url.url).is_ok_and(|origin| origin.host == host));
        let own = connection.preset.as_deref().and_then(|id| self.find(id)).filter(has_host);
        own.or_else(|| self.presets.iter().filter(|_| !host.is_empty()).find(has_host))
    }

    /// How the server of a connection to this computer is started: by its preset, else by the one whose usual address it has.
    pub fn start_command(&self, connection: &Connection) -> Option<String> {
        let origin = Origin::of(&connection.base_url).ok().filter(Origin::is_loopback)?;
        let has_its_port = |preset: &&Preset| preset.urls.iter().any(|url| Origin::of(&url.url).is_ok_and(|usual| usual == origin));
        let own = connection.preset.as_deref().and_then(|id| self.find(id));
        own.or_else(|| self.presets.iter().find(has_its_port))?.start_command_for(&connection.base_url)
    }

    /// What is spoken at a known base URL; absent for others.
    pub fn wire_at(&self, base_url: &str) -> Option<WireFormat> {
        let base_url = base_url.trim().trim_end_matches('/');
        self.presets.iter().flat_map(|preset| &preset.urls).find(|known| known.url == base_url).map(|known| known.wire)
    }

    /// The preset of this id.
    pub fn find(&self, id: &str) -> Option<&Preset> {
        self.presets.iter().find(|preset| preset.id == id)
    }
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
