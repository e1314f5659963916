//! The way to the server: names, connections, TLS, proxies, timeouts.

use proptest::prelude::*;

use super::fixtures::{fact, sick};
use crate::domain::{Cause, FailureKind, Remedy, Side, TimeoutKind, TransportFault};

#[test]
fn what_stood_in_the_way_is_told_apart() {
    for (kind, fault, cause, side) in [
        (FailureKind::CannotResolve, None, Cause::HostUnknown, Side::Network),
        (FailureKind::Refused, None, Cause::Refused, Side::Network),
        (FailureKind::Network, Some(TransportFault::NoRoute), Cause::NoRoute, Side::Network),
        (FailureKind::Network, Some(TransportFault::Reset), Cause::Reset, Side::Network),
        (FailureKind::Network, None, Cause::Reset, Side::Network),
        (FailureKind::Tls, Some(TransportFault::CertificateExpired), Cause::CertificateExpired, Side::Upstream),
        (FailureKind::Tls, Some(TransportFault::CertificateNotYetValid), Cause::CertificateNotYetValid, Side::You),
        (FailureKind::Tls, Some(TransportFault::CertificateForOtherHost), Cause::CertificateForOtherHost, Side::You),
        (FailureKind::Tls, Some(TransportFault::CertificateFromUnknownIssuer), Cause::CertificateFromUnknownIssuer, Side::Network),
        (FailureKind::Tls, Some(TransportFault::NoTls), Cause::NoTls, Side::You),
        (FailureKind::Tls, None, Cause::Tls, Side::Unclear),
        (FailureKind::Proxy, Some(TransportFault::ProxyLogin), Cause::ProxyLogin, Side::Network),
        (FailureKind::Proxy, None, Cause::Proxy, Side::Network),
    ] {
        let mut one = sick(kind);
        one.evidence.fault = fault;
        let found = one.seen();
        assert_eq!((found.cause, found.side), (cause, side));
        assert_eq!(kind == FailureKind::Tls, found.happened.contains("no key was sent"));
    }
    assert_eq!(sick(FailureKind::Proxy).status(407).seen().cause, Cause::ProxyLogin);
}

#[test]
fn a_server_of_ones_own_is_to_be_started() {
    let found = sick(FailureKind::Refused).at("http://127.0.0.1:8080/v1").seen();
    assert_eq!((found.side, &found.remedies[..]), (Side::You, &[Remedy::StartServer, Remedy::Retry(None)][..]));
}

#[test]
fn each_bound_on_time_can_be_doubled() {
    for (kind, cause, timeout, to_ms) in [
        (FailureKind::ConnectTimeout, Cause::ConnectTimeout, TimeoutKind::Connect, 20_000),
        (FailureKind::FirstByteTimeout, Cause::FirstByteTimeout, TimeoutKind::FirstByte, 240_000),
        (FailureKind::IdleTimeout, Cause::IdleTimeout, TimeoutKind::Idle, 240_000),
        (FailureKind::AttemptTimeout, Cause::AttemptTimeout, TimeoutKind::Attempt, 1_200_000),
    ] {
        let found = sick(kind).seen();
        assert_eq!(found.cause, cause);
        assert!(found.remedies.contains(&Remedy::RaiseTimeout { timeout, to_ms }), "{:?}", found.remedies);
        assert!(fact(&found, "Bound").unwrap().starts_with(timeout.label()));
    }
    let mut day = sick(FailureKind::IdleTimeout);
    day.connection.limits.idle_timeout_ms = 86_400_000;
    assert!(!day.seen().remedies.iter().any(|remedy| matches!(remedy, Remedy::RaiseTimeout { .. })));
}

/// A slow way and a slow server look alike until the head of a response came.
#[test]
fn a_late_first_byte_is_the_servers_only_where_the_request_was_soon_sent() {
    let late = |bytes, connect_us, status| {
        let mut one = sick(FailureKind::FirstByteTimeout);
        (one.request_bytes, one.connect_us, one.http_status) = (bytes, connect_us, status);
        one.seen()
    };
    for (bytes, connect_us, status) in
        [(None, None, None), (Some(2_000), Some(80_000), None), (Some(6_000_000), Some(4_000_000), Some(200))]
    {
        let found = late(bytes, connect_us, status);
        assert_eq!((found.side, found.open), (Side::Upstream, None), "{bytes:?} {connect_us:?} {status:?}");
        assert_eq!(found.happened.contains("took the request"), status.is_some(), "{}", found.happened);
    }
    let big = late(Some(6_000_000), None, None);
    assert_eq!((big.cause, big.side, fact(&big, "Request").as_deref()), (Cause::FirstByteTimeout, Side::Unclear, Some("6.0 MB")));
    assert!(big.open.unwrap().contains("still being sent") && big.to_do.contains("network"));
    let far = late(Some(2_000), Some(4_000_000), None);
    assert_eq!((far.side, fact(&far, "Connecting took").is_some()), (Side::Unclear, true));
    assert!(far.open.unwrap().contains("connecting alone took"));
}

#[test]
fn a_failure_on_the_way_with_a_fault_keeps_its_kind() {
    let found = sick(FailureKind::ConnectTimeout).fault(TransportFault::NoRoute).seen();
    assert_eq!(found.cause, Cause::ConnectTimeout);
}

proptest! {
    #[test]
    fn every_failure_has_a_diagnosis_whatever_the_server_sends(
        kind in proptest::sample::select(FailureKind::ALL),
        status in proptest::option::of(100u16..600),
        body in ".{0,120}",
        header in ("[a-z-]{1,20}", ".{0,30}"),
        relay in any::<bool>(),
    ) {
        let mut one = sick(kind).body(&body).header(&header.0, &header.1).header("retry-after", &header.1);
        one.http_status = status;
        let one = if relay { one.relay() } else { one };
        let found = one.seen();
        prop_assert!(!found.happened.is_empty() && !found.to_do.is_empty());
        prop_assert!(found.side != Side::Unclear || found.open.is_some() || kind == FailureKind::StreamError || kind == FailureKind::Malformed);
    }
}
