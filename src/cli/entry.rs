//! The doors of the command line: arguments in, exit code out.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use super::arguments::{Arguments, Format, PriceTask, Request, Task};
use super::bench::BenchTask;
use super::connection_arguments::ConnectionTask;
use super::console::{Console, error_text};
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use super::terminal_text::visible;
use super::{
    bench, connection, connection_check, connection_limits, connection_ramp, demo, export, import, price, resume, run, runs, settle,
};

/// What the arguments ask for.
#[derive(Debug)]
pub enum Invocation {
    /// Help, version or a usage error: all is said.
    Answered(ExitCode),
    /// A command.
    Command(Box<Request>),
    /// The window.
    Window {
        /// The folder that holds everything; absent: the system's places.
        data_dir: Option<PathBuf>,
    },
}

/// Reads the arguments of this process.
pub fn parse_arguments() -> Invocation {
    parse(std::env::args_os().collect())
}

fn parse(arguments: Vec<OsString>) -> Invocation {
    let wants_json = wants_json(&arguments);
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { globals, task: Some(task) }) => Invocation::Command(Box::new(Request { globals, task })),
        Ok(Arguments { globals, task: None }) => Invocation::Window { data_dir: globals.data_dir },
        Err(answer) if matches!(answer.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // Whoever closed the pipe has read enough.
            answer.print().ok();
            Invocation::Answered(Exit::Done.into())
        }
        Err(error) => {
            // Arguments may hold anything, so nothing of them reaches the terminal as it is.
            let text = visible(&error.render().to_string());
            let text = text.trim();
            let text =
                if wants_json { error_text(Format::Json, "usage", text.strip_prefix("error: ").unwrap_or(text)) } else { text.to_owned() };
            writeln!(std::io::stderr().lock(), "{text}").ok();
            Invocation::Answered(Exit::Error.into())
        }
    }
}

/// Whether errors are wanted as JSON, where there is no command that would know.
fn wants_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

/// Says on stderr why the window did not open, as the arguments of this process want errors.
pub fn complain(message: &str) {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let format = if wants_json(&arguments) { Format::Json } else { Format::Text };
    writeln!(std::io::stderr().lock(), "{}", error_text(format, "window", message)).ok();
}

/// Does what was asked and gives the exit code.
pub fn run_command(request: Request) -> ExitCode {
    let mut console = Console::new(&request.globals);
    let done = perform(request, &mut console);
    let exit = match (done, console.output_error()) {
        (Err(error), _) => {
            console.complain(&error);
            Exit::from(&error)
        }
        (Ok(_), Some(error)) => {
            console.complain(&error);
            Exit::Error
        }
        (Ok(exit), None) => exit,
    };
    exit.into()
}

fn perform(request: Request, console: &mut Console) -> Result<Exit, CliError> {
    let Request { globals, task } = request;
    // Read before anything else is started: while a person types, Ctrl-C simply ends the program.
    let key = match &task {
        Task::Connection(ConnectionTask::Add(options)) if options.key.key_stdin => Some(connection::read_key(console)?),
        _ => None,
    };
    if let Task::Bench(arguments) = &task {
        match &arguments.task {
            // Neither needs the data folder.
            None => return bench::bench(console, &arguments.options),
            Some(BenchTask::Serve(options)) => return bench::serve(console, options),
            Some(BenchTask::Compare(_) | BenchTask::Level(_)) => {}
        }
    }
    Session::with(globals.data_dir, console, |session| match task {
        Task::Demo(options) => demo::demo(session, options),
        Task::Connection(ConnectionTask::Add(options)) => connection::add(session, options, key),
        Task::Connection(ConnectionTask::List) => connection::list(session),
        Task::Connection(ConnectionTask::Check { name, model }) => connection_check::check(session, &name, model),
        Task::Connection(ConnectionTask::Models { name }) => connection::models(session, &name),
        Task::Connection(ConnectionTask::Limits { name, limits }) => connection_limits::limits(session, &name, limits),
        Task::Connection(ConnectionTask::Ramp(options)) => connection_ramp::ramp(session, &options),
        Task::Connection(ConnectionTask::Set { name, reading }) => connection::set(session, &name, reading),
        Task::Connection(ConnectionTask::Remove { name }) => connection::remove(session, &name),
        Task::Price(PriceTask::Set(options)) => price::set(session, options),
        Task::Import(options) => import::import(session, options),
        Task::Run(options) => run::run(session, *options),
        Task::Runs => runs::runs(session),
        Task::Resume(options) => resume::resume(session, &options),
        Task::Settle(options) => settle::settle(session, &options),
        Task::Export(options) => export::export(session, &options),
        Task::Bench(arguments) => match arguments.task {
            Some(BenchTask::Compare(options)) => bench::compare(session, &options),
            Some(BenchTask::Level(options)) => bench::level(session, &options),
            None | Some(BenchTask::Serve(_)) => Ok(Exit::Done),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(line: &str) -> Invocation {
        parse(line.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn without_a_command_the_window_opens() {
        assert!(matches!(invocation("assay --data-dir d"), Invocation::Window { data_dir: Some(folder) } if folder.to_str() == Some("d")));
        assert!(matches!(invocation("assay runs"), Invocation::Command(_)));
        assert!(matches!(invocation("assay dance"), Invocation::Answered(_)));
    }

    #[test]
    fn the_wish_for_json_is_heard_even_in_a_broken_line() {
        let heard = |line: &str| wants_json(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(heard("assay run --format json --dance"));
        assert!(heard("assay --format=json"));
        assert!(!heard("assay run --json out"));
    }
}
