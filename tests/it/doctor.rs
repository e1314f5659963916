//! Probes of the doctor: whom they ask, and who is sent the key.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use assay::app::backend::{Backend, OpenedWorld, WorldConfig, open_world};
use assay::app::{ConnectionFact, DoctorFact, Effect, Fact, Patient};
use assay::domain::{ApiKey, Connection, ConnectionId, KeySource, Probe, ProbeOutcome, ProbeResult, Role};
use assay::secrets::MemoryKeychain;

/// Answers every request with an empty list of models, and keeps what it was asked.
struct Lister {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Lister {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let serve = move || {
            for stream in listener.incoming().flatten() {
                let mut head = String::new();
                let mut lines = BufReader::new(&stream);
                while lines.read_line(&mut head).is_ok_and(|bytes| bytes > 2) {}
                kept.lock().unwrap().push(head);
                let answer =
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"data\":[]}";
                (&stream).write_all(answer.as_bytes()).ok();
            }
        };
        thread::Builder::new().spawn(serve).unwrap();
        Self { port, asked }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

const KEY: &str = "sk-own-1234567";

fn wait<T>(backend: &mut Backend, mut see: impl FnMut(Fact) -> Option<T>) -> T {
    loop {
        if let Some(seen) = see(backend.wait().unwrap()) {
            return seen;
        }
    }
}

fn probe(backend: &mut Backend, connection: ConnectionId, urls: &[String], key_elsewhere: bool) -> Vec<ProbeResult> {
    let patient = Patient::Check(connection);
    let probes = urls.iter().map(|url| Probe { name: url.clone(), base_url: url.clone() }).collect();
    backend.perform(Effect::Probe { patient, connection, probes, key_elsewhere });
    let mut results = Vec::new();
    wait(backend, |fact| match fact {
        Fact::Doctor(DoctorFact::Probed { result, .. }) => {
            results.push(result);
            None
        }
        Fact::Doctor(DoctorFact::ProbesEnded(_)) => Some(()),
        _ => None,
    });
    results
}

#[test]
fn the_key_goes_to_its_own_origin_and_elsewhere_only_when_that_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = WorldConfig::new(Some(folder.path().to_owned()));
    config.keychain = Some(Box::new(MemoryKeychain::default()));
    config.process_hooks = false;
    let OpenedWorld { world, .. } = open_world(config).unwrap();
    let mut backend = Backend::spawn(world, || {}).unwrap();
    let (own, other) = (Lister::start(), Lister::start());
    let connection = Connection::new(ConnectionId::draw(), "Own", Role::Relay, &own.url(), KeySource::Keychain);
    let key = Some(ApiKey::from_pasted(KEY).unwrap().0);
    backend.perform(Effect::SaveConnection { connection: Box::new(connection), key, is_new: true });
    let id = wait(&mut backend, |fact| match fact {
        Fact::Connections(ConnectionFact::Saved { connection, .. }) => Some(connection.id),
        Fact::Connections(ConnectionFact::SaveFailed { message }) => panic!("{message}"),
        _ => None,
    });
    let urls = [own.url(), other.url()];

    let results = probe(&mut backend, id, &urls, false);
    assert!(results.iter().all(|result| result.outcome == ProbeOutcome::Listed(0)), "{results:?}");
    assert_eq!(results.iter().map(|result| result.key_sent).collect::<Vec<_>>(), [true, false]);
    let (at_home, elsewhere) = (own.take(), other.take());
    assert!(at_home.len() == 1 && at_home[0].starts_with("GET /v1/models ") && at_home[0].contains(KEY), "{at_home:?}");
    assert!(elsewhere.len() == 1 && elsewhere[0].starts_with("GET /v1/models ") && !elsewhere[0].contains(KEY), "{elsewhere:?}");

    assert!(probe(&mut backend, id, &urls, true).iter().all(|result| result.key_sent));
    assert!(other.take()[0].contains(KEY));
    backend.shut_down();
}
