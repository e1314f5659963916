//! What a failed request left behind, as far as a diagnosis needs it: no key, no prompt, nothing of the answer.

use serde::{Deserialize, Serialize};

use super::WireFormat;

/// What stood in the way of a request, told by type by the network's own layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportFault {
    /// The server's certificate is past its end.
    CertificateExpired,
    /// The server's certificate holds from a later day on: one of the two clocks is wrong.
    CertificateNotYetValid,
    /// The server's certificate is for another host.
    CertificateForOtherHost,
    /// The server's certificate comes from an authority that this computer does not know.
    CertificateFromUnknownIssuer,
    /// What answered speaks no TLS.
    NoTls,
    /// A proxy asks for a login (407).
    ProxyLogin,
    /// There is no way to the address: this computer is offline, or a route is missing.
    NoRoute,
    /// The other side broke the connection off.
    Reset,
}

/// What a failed attempt left behind besides status, times and message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// What stood in the way; absent when a response came, or when nothing finer is known than the kind of failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<TransportFault>,
    /// The wire format of the answer, where it is another than was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spoken: Option<WireFormat>,
    /// The response headers that tell something about a failure, by lower-case name, in the order of the response, without the key: limits, waits,
    /// request ids, what answered. Of a redirect's target the origin only. At most 40, each of at most 200 characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

impl Evidence {
    /// Nothing was left behind.
    pub fn is_empty(&self) -> bool {
        self.fault.is_none() && self.spoken.is_none() && self.headers.is_empty()
    }

    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A failed request of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedExchange {
    /// Response status; absent when no response came.
    pub http_status: Option<u16>,
    /// The provider's id of the request; absent when it gave none.
    pub request_id: Option<String>,
    /// A body that was no answer, at most 4 KiB, without the key; empty otherwise.
    pub error_body: String,
    /// What else it left behind.
    pub evidence: Evidence,
}

/// The start of a key that only another provider's keys have: a hint, never a verdict. Holds nothing else of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The start that those keys share, such as `sk-ant-`.
    pub prefix: String,
    /// Whose keys start so.
    pub provider: String,
}
