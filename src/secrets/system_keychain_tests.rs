use std::cell::Cell;

use keyring_core::mock;

use super::*;

thread_local! {
    static STORE: Arc<mock::Store> = mock::Store::new().unwrap();
    static CONNECTS: Cell<u32> = const { Cell::new(0) };
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a connect function")]
fn connect_mock() -> keyring_core::Result<Arc<CredentialStore>> {
    CONNECTS.set(CONNECTS.get() + 1);
    Ok(STORE.with(Arc::<mock::Store>::clone))
}

fn connect_never() -> keyring_core::Result<Arc<CredentialStore>> {
    CONNECTS.set(CONNECTS.get() + 1);
    Err(Error::PlatformFailure("no secret service provider or dbus session found".into()))
}

fn mock_keychain() -> SystemKeychain {
    SystemKeychain { connect: connect_mock, label: None, store: None }
}

/// Makes the next call on the entry of `account` fail.
fn fail_next(account: &str, error: Error) {
    let store: Arc<CredentialStore> = STORE.with(Arc::<mock::Store>::clone);
    let entry = store.build(SERVICE, account, None).unwrap();
    entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
}

fn key(text: &str) -> ApiKey {
    ApiKey::from_pasted(text).unwrap().0
}

#[test]
fn what_was_set_is_read_replaced_and_deleted() {
    let mut keychain = mock_keychain();
    assert_eq!(keychain.get("a").unwrap_err(), SecretError::EntryNotFound);
    keychain.set("a", &key("sk-first-123456")).unwrap();
    keychain.set("a", &key("sk-second-123456")).unwrap();
    assert_eq!(keychain.get("a").unwrap().as_str(), "sk-second-123456");
    keychain.delete("a").unwrap();
    assert_eq!(keychain.delete("a").unwrap_err(), SecretError::EntryNotFound);
    assert_eq!(CONNECTS.get(), 1);
}

#[test]
fn a_failed_connection_is_tried_again_at_the_next_call() {
    let mut keychain = SystemKeychain { connect: connect_never, ..mock_keychain() };
    for calls in 1..=3 {
        assert!(matches!(keychain.get("a"), Err(SecretError::NoKeychain { .. })));
        assert_eq!(CONNECTS.get(), calls);
    }
    keychain.connect = connect_mock;
    assert_eq!(keychain.get("a").unwrap_err(), SecretError::EntryNotFound);
}

#[test]
fn a_service_that_forgot_us_is_connected_to_again() {
    let mut keychain = mock_keychain();
    keychain.set("a", &key("sk-first-123456")).unwrap();
    fail_next("a", Error::PlatformFailure("no such session".into()));
    assert_eq!(keychain.get("a").unwrap().as_str(), "sk-first-123456");
    assert_eq!(CONNECTS.get(), 2);
}

#[test]
fn a_fresh_connection_that_fails_is_reported_and_not_kept() {
    let mut keychain = mock_keychain();
    fail_next("a", Error::PlatformFailure("broken".into()));
    assert!(matches!(keychain.get("a"), Err(SecretError::KeychainFailed { .. })));
    assert!(keychain.store.is_none());
}

#[test]
fn each_failure_of_the_system_has_its_variant() {
    let mut keychain = mock_keychain();
    let cases = [
        (Error::NoStorageAccess("prompt dismissed".into()), "Locked"),
        (Error::Ambiguous(Vec::new()), "Ambiguous"),
        (Error::BadEncoding(b"CANARY\xff".to_vec()), "NotText"),
        (Error::BadDataFormat(b"CANARY".to_vec(), "bad".into()), "NotText"),
        (Error::TooLong("password".into(), 2560), "TooLong"),
        (Error::Invalid("user".into(), "no".into()), "KeychainFailed"),
    ];
    for (error, variant) in cases {
        fail_next("a", error);
        let error = keychain.get("a").unwrap_err();
        assert!(format!("{error:?}").starts_with(variant), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("CANARY"));
    }
}

#[test]
fn an_entry_that_is_no_text_is_named_so() {
    let store: Arc<CredentialStore> = STORE.with(Arc::<mock::Store>::clone);
    store.build(SERVICE, "a", None).unwrap().set_secret(b"\xff\xfe").unwrap();
    assert_eq!(mock_keychain().get("a").unwrap_err(), SecretError::NotText);
}

#[test]
fn a_complaint_that_quotes_the_key_is_redacted() {
    let mut keychain = mock_keychain();
    fail_next("a", Error::PlatformFailure("cannot store sk-CANARY-1234567890".into()));
    let error = keychain.set("a", &key("sk-CANARY-1234567890")).unwrap_err();
    assert!(error.to_string().contains("cannot store [key]"), "{error}");
}
