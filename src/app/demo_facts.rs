//! What the catalog knows about the simulated models, so that they are priced and described like any other.

use crate::demo::demo_targets;
use crate::domain::{Catalog, CatalogEntry, SIMULATED_HOST};

/// The catalog with the simulated models in it, at a host that no network has.
pub(super) fn with_demo_prices(mut catalog: Catalog) -> Catalog {
    catalog.entries.extend(demo_targets().into_iter().map(|(spec, price)| CatalogEntry {
        hosts: vec![SIMULATED_HOST.to_owned()],
        models: vec![spec.model.clone()],
        name: spec.label.unwrap_or(spec.model),
        context_window_tokens: Some(128_000),
        strengths: "simulated: nothing here is a real model".to_owned(),
        best_use: "trying out this program".to_owned(),
        claim: None,
        price: Some(price),
    }));
    catalog
}
