//! The server is asked as any client asks it.

use super::super::bare_loop::bare_loop;
use super::super::comparison::errors;
use super::super::truth_client::fetch_truth;
use super::*;

/// Runs `ask` with the base URL of a server.
fn with_server<T>(pace: Pace, ask: impl FnOnce(&str) -> T) -> T {
    let server = TruthServer::bind(0, pace).unwrap();
    let base_url = server.base_url().unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = std::thread::Builder::new().spawn(move || server.serve_until(async { ended.await.unwrap() })).unwrap();
    let answer = ask(&base_url);
    end.send(()).unwrap();
    serving.join().unwrap();
    answer
}

#[test]
fn every_answer_is_known_with_its_times() {
    let pace = Pace { first_ms: 20, gap_ms: 4, chunks: 5 };
    let (measured, truths) = with_server(pace, |url| (bare_loop(url, PACED_MODEL, 6, 3).unwrap(), fetch_truth(url).unwrap()));
    assert_eq!((measured.len(), truths.len()), (6, 6));
    for truth in &truths {
        assert!(truth.first_ns >= 20_000_000 && truth.last_ns >= 36_000_000 && truth.longest_gap_ns >= 4_000_000, "{truth:?}");
        assert_eq!(truth.chunks, 5);
    }
    let errors = errors(&measured, &truths);
    assert_eq!((errors.unknown, errors.warm.n + errors.cold.n), (0, 6));
    assert!(errors.cold.n >= 1 && errors.cold.n <= 3, "{errors:?}");
    // The client's clock started before the server's did, and stops after it.
    for spread in [errors.warm.ttft, errors.cold.ttft, errors.warm.total, errors.cold.total].into_iter().flatten() {
        assert!(spread.min_ms > -0.1, "{errors:?}");
    }
}

#[test]
fn the_instant_model_answers_in_one_write() {
    let (measured, truths) = with_server(Pace::default(), |url| (bare_loop(url, INSTANT_MODEL, 3, 1).unwrap(), fetch_truth(url).unwrap()));
    assert_eq!(measured.len(), 3);
    // Connections are kept open: the first request made the only one.
    let nth: Vec<u32> = truths.iter().map(|truth| truth.nth_on_connection).collect();
    assert_eq!(nth, [1, 2, 3]);
    assert!(truths.iter().all(|truth| truth.chunks == 40));
}

#[test]
fn what_is_no_truth_server_is_told() {
    use super::super::truth_client::TruthError;
    assert!(matches!(fetch_truth("https://127.0.0.1:1/v1"), Err(TruthError::Address)));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert!(matches!(fetch_truth(&format!("http://127.0.0.1:{port}/v1")), Err(TruthError::Unreachable(_))));
}
