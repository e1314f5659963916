//! Azure's OpenAI: its older addresses hold a deployment and a version of the API, which are not spoken here.

use super::base_urls::{Chosen, Offered};
use super::phrases::AZURE_DEPLOYMENT;
use super::signs;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Probe, Remedy, Side};

/// What is wrong with an address, a deployment or a key at Azure.
pub(super) fn astray(s: &Symptoms<'_>) -> Diagnosis {
    let model = s.model();
    let form = "The base URL that works here is https://NAME.openai.azure.com/openai/v1, without api-version, and the model is the name of your deployment.";
    let here = signs::azure_base_url(s);
    let moved = here.clone().filter(|url| *url != s.found.connection.base_url.trim_end_matches('/')).map(Remedy::UseBaseUrl);
    if s.error.is(AZURE_DEPLOYMENT) {
        let happened = format!("This Azure resource has no deployment called “{model}”.");
        let to_do = format!("Look its deployments up: their names need not be those of the models. {form}");
        return s.diagnosis(Cause::ModelMissing, Side::You, happened, to_do).with_remedies(moved).with_remedies([Remedy::ListModels]);
    }
    if s.found.http_status == Some(401) {
        return s
            .diagnosis(
                Cause::WrongKey,
                Side::You,
                "Azure did not accept the key at this address.",
                format!("Take a key of this very resource: those of other resources and regions do not count. {form}"),
            )
            .with_open(
                "Whether the key or the address is wrong Azure does not say. The page “Keys and endpoint” of the resource shows both.",
            )
            .with_remedies([Remedy::ReenterKey])
            .with_remedies(moved);
    }
    let happened = if here.is_some() {
        "The Azure resource answers, but has no such path or version."
    } else {
        "The server answers, in the words of Azure, that it has no such path or version."
    };
    let found = s.diagnosis(Cause::PathMissing, Side::You, happened, form);
    if let Some(url) = here {
        return found.with_probes([Probe { name: "/openai/v1".to_owned(), base_url: url }]).with_remedies(moved);
    }
    let urls = Offered::of(s, Chosen::Version);
    found.with_probes(urls.probes).with_remedies(urls.remedy)
}
