//! Which threads go first when there are more of them than cores.

/// How much lower the priority is, as Unix counts it (0–19). Enough for a stamp not to wait for painting, little enough for the window to go on
/// beside a busy program.
#[cfg(target_os = "linux")]
const STEPS_LOWER: i32 = 10;

/// Lets this thread, and the threads that it starts from now on, give way to all others: painting is late rather than a stamp. Linux only; elsewhere
/// nothing is done, because priorities there belong to whole programs or need rights.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // On Linux “this process” is this thread. A system that refuses leaves all as it was.
        let now = rustix::process::getpriority_process(None).unwrap_or(0);
        rustix::process::setpriority_process(None, (now + STEPS_LOWER).min(19)).ok();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn only_the_thread_that_gives_way_and_what_it_starts_go_later() {
        let named = || std::thread::Builder::new().name("test".to_owned());
        let before = getpriority_process(None).unwrap();
        let work = move || {
            give_way();
            let started = named().spawn(|| getpriority_process(None).unwrap()).unwrap();
            (getpriority_process(None).unwrap(), started.join().unwrap())
        };
        let (own, started) = named().spawn(work).unwrap().join().unwrap();
        let lower = (before + STEPS_LOWER).min(19);
        assert_eq!((own, started), (lower, lower));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
