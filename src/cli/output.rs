//! Where output goes: stdout for data, stderr for everything else, files whole or not at all.

use super::arguments::OutputOptions;
use super::connect;
use super::exit::Failure;
use super::interrupt;
use crate::report::escape;
use clap::ValueEnum;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The path that means stdin or stdout.
const STREAM: &str = "-";

/// Formats that are JSON beneath.
const JSON: [&str; 2] = ["sarif", "oscal"];

/// True for the path that means stdin or stdout.
pub(super) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == STREAM
}

/// A line on stderr. Nobody can be told when even that fails.
pub(super) fn note(text: &str) {
    let mut stderr = anstream::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(stderr, "{}", escape::terminal(line));
    }
}

/// A file that was opened before the work, and gets its name only when it is whole.
pub(super) struct OutputFile {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// Renamed over the path at the end; made with mode 0600.
    Temporary(NamedTempFile),
    /// A device or a pipe, which cannot be replaced.
    Direct(File),
}

impl OutputFile {
    /// Opens the file, so that a bad path fails before the work starts.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::usage(format!("cannot write {}: {error}", path.display()))
                .hint("give a path in a folder that exists and that you may write to")
        };
        if is_stream(path) {
            return Err(Failure::usage("- is no file: this output goes to a file only")
                .hint("give a path; /dev/stdout is one where the system has it"));
        }
        let existing = std::fs::metadata(path);
        if existing.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
            let message = format!("cannot write {}: it is a folder", path.display());
            return Err(Failure::usage(message).hint("give the path of a file"));
        }
        interrupt::watch();
        let target = if existing.is_ok_and(|it| !it.is_file()) {
            Target::Direct(File::options().write(true).open(path).map_err(failed)?)
        } else {
            let folder = folder_of(path);
            if !folder.is_dir() {
                let message = format!(
                    "cannot write {}: there is no folder {}",
                    path.display(),
                    folder.display()
                );
                return Err(
                    Failure::usage(message).hint("make the folder first, or give another path")
                );
            }
            // The library's own words name its temporary file, which nobody asked for.
            let made = NamedTempFile::new_in(folder);
            let made = made.map_err(|error| failed(io::Error::from(error.kind())))?;
            interrupt::began(made.path());
            Target::Temporary(made)
        };
        Ok(Self { path: path.to_path_buf(), target })
    }

    /// True when putting the file in its place would replace that one; a device takes everything.
    fn replaces(&self, other: &Path) -> bool {
        matches!(self.target, Target::Temporary(_)) && is_same(&self.path, other)
    }

    /// Refuses what `option` names when it would silently replace what another option names.
    pub(super) fn must_not_replace(
        &self,
        option: &str,
        other: Option<&Path>,
        other_does: &str,
    ) -> Result<(), Failure> {
        if other.is_some_and(|other| self.replaces(other)) {
            let path = self.path.display();
            return Err(Failure::usage(format!("{option} names {path}, {other_does}"))
                .hint("give another path"));
        }
        Ok(())
    }

    /// Where it will be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the content and puts the file in its place.
    pub(super) fn finish(
        self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let path = self.path;
        let failed =
            |error: io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
        match self.target {
            Target::Direct(file) => {
                let mut out = BufWriter::new(file);
                content(&mut out).and_then(|()| out.flush()).map_err(failed)
            }
            Target::Temporary(file) => {
                let mut out = BufWriter::new(file.as_file());
                content(&mut out).and_then(|()| out.flush()).map_err(failed)?;
                drop(out);
                file.as_file().sync_all().map_err(failed)?;
                let temporary = file.path().to_path_buf();
                file.persist(&path).map_err(|error| failed(error.error))?;
                interrupt::ended(&temporary);
                Ok(())
            }
        }
    }
}

/// True when two paths lead to the same file, which may not be there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| std::fs::canonicalize(path);
    if let (Ok(one), Ok(other)) = (whole(one), whole(other)) {
        return one == other;
    }
    let place = |path: &Path| Some((whole(folder_of(path)).ok()?, path.file_name()?.to_owned()));
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes to stdout. A closed pipe is no failure: its reader has seen enough, and the program ends
/// with the code it would have ended with.
pub(super) fn to_stdout(
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match content(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("cannot write to stdout: {error}"))
                .hint("make room where it goes, or write to another file with > FILE"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// One output of a command, opened.
pub(super) struct Output<F> {
    /// The format that was named or told by the extension, else that of `--format`.
    pub(super) format: F,
    /// Where it goes; `None` is stdout.
    pub(super) file: Option<OutputFile>,
}

impl<F> Output<F> {
    /// Writes the content where it belongs.
    pub(super) fn write(
        self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self.file {
            Some(file) => file.finish(content),
            None => to_stdout(content),
        }
    }
}

/// Every `-o`, opened; stdout is one of them unless `-` stands for it or a file takes over its format.
pub(super) fn outputs<F: ValueEnum + Clone + Send + Sync + 'static>(
    options: &OutputOptions<F>,
) -> Result<Vec<Output<F>>, Failure> {
    let mut outputs: Vec<Output<F>> = Vec::new();
    let mut implied = true;
    for text in &options.output {
        let (format, path) = split_output::<F>(text)?;
        let file = if is_stream(path) {
            if outputs.iter().any(|output| output.file.is_none()) {
                return Err(Failure::usage("-o names stdout twice")
                    .hint("give the other format a file of its own"));
            }
            implied = false;
            None
        } else {
            implied &= format.is_some();
            let file = OutputFile::open(path)?;
            // The later one would silently replace the earlier.
            let mut earlier = outputs.iter().filter_map(|output| output.file.as_ref());
            if earlier.any(|other| file.replaces(other.path())) {
                return Err(Failure::usage(format!("-o names {} twice", path.display()))
                    .hint("give each format a file of its own"));
            }
            Some(file)
        };
        outputs.push(Output { format: format.unwrap_or_else(|| options.format.clone()), file });
    }
    if implied {
        outputs.push(Output { format: options.format.clone(), file: None });
    }
    Ok(outputs)
}

/// The name of a format on the command line.
fn name_of<F: ValueEnum>(format: &F) -> String {
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The names of all formats of a command, for messages.
fn names<F: ValueEnum>() -> String {
    F::value_variants().iter().map(name_of).collect::<Vec<_>>().join(", ")
}

/// True for a format that some command writes: a mistyped option rather than the name of a file.
fn is_format_somewhere(text: &str) -> bool {
    fn has(command: &clap::Command, text: &str) -> bool {
        let writes = command.get_arguments().any(|it| it.get_id() == "output");
        let mut formats = command.get_arguments().filter(|it| writes && it.get_id() == "format");
        formats.any(|it| it.get_possible_values().iter().any(|value| value.matches(text, true)))
            || command.get_subcommands().any(|it| has(it, text))
    }
    // A path is no word, and to ask for every command takes a moment.
    !text.contains(['/', '\\', '.', '=']) && has(&super::command(), text)
}

/// `[FORMAT=]FILE`, split: the format is named, or told by the extension, or not told.
fn split_output<F: ValueEnum>(text: &str) -> Result<(Option<F>, &Path), Failure> {
    let known = |name: &str| F::from_str(name, true).ok();
    if let Some(format) = known(text) {
        let format = name_of(&format);
        return Err(Failure::usage(format!("-o {text} names a format, not a file"))
            .hint(format!("did you mean --format {format}, or -o {format}=FILE?")));
    }
    let unknown = |name: &str| {
        Failure::usage(format!("{name} is no format of this command"))
            .hint(format!("known are {}", names::<F>()))
    };
    if is_format_somewhere(text) {
        return Err(unknown(text));
    }
    if let Some((name, file)) = text.split_once('=')
        && !name.contains(['/', '\\', '.'])
    {
        return match (known(name), file.is_empty()) {
            (Some(_), true) => Err(Failure::usage(format!("-o {text} names no file"))
                .hint(format!("write -o {text}FILE, or -o {text}- for stdout"))),
            (Some(format), false) => Ok((Some(format), Path::new(file))),
            (None, _) => Err(unknown(name)),
        };
    }
    let path = Path::new(text);
    let extension = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let stem = path.file_stem().map(Path::new).unwrap_or(path);
    let before = stem.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let is_json = JSON.iter().any(|name| name.eq_ignore_ascii_case(before));
    let by_extension = match extension.to_ascii_lowercase().as_str() {
        "txt" => known("table"),
        "md" => known("markdown"),
        "htm" => known("html"),
        "jsonl" => known("ndjson"),
        // The format says what the JSON or XML is: results.sarif.json, report.junit.xml.
        "json" if is_json => known(before).or_else(|| known("json")),
        "xml" => known("junit"),
        other => known(other),
    };
    // A device or a pipe is called what it is called.
    let is_special = std::fs::metadata(path).is_ok_and(|it| !it.is_file());
    if by_extension.is_none() && !extension.is_empty() && !is_special {
        return Err(Failure::usage(format!("{text} has no known format"))
            .hint(format!("known are {}; write FORMAT={text} with one", names::<F>())));
    }
    Ok((by_extension, path))
}

/// The variable by which GitHub Actions names the file of a step's summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Adds to the summary of the step, where there is one: other steps write into the file too.
pub(super) fn step_summary(
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let Some(path) = connect::variable(STEP_SUMMARY) else { return Ok(()) };
    let failed = |error: io::Error| {
        Failure::usage(format!("cannot write the step summary {path}: {error}"))
            .hint(format!("{STEP_SUMMARY} names it; unset it to do without"))
    };
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.append(true).create(true).open(&path).map_err(failed)?;
    content(&mut file).map_err(failed)
}

/// Width of the terminal, else what `COLUMNS` says, else 100.
pub(super) fn width() -> usize {
    let columns = super::connect::variable("COLUMNS").and_then(|text| text.parse().ok());
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.or(terminal).unwrap_or(100).clamp(40, 400)
}

/// True when stdout is a terminal that wants colour.
pub(super) fn colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formats of some command.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
    enum Known {
        Table,
        Json,
        Markdown,
        Sarif,
        Junit,
        Ndjson,
    }

    #[test]
    fn the_format_is_named_or_told_by_the_extension() {
        for (text, expected) in [
            ("a.md", Ok((Some(Known::Markdown), "a.md"))),
            ("a.sarif", Ok((Some(Known::Sarif), "a.sarif"))),
            ("a.sarif.json", Ok((Some(Known::Sarif), "a.sarif.json"))),
            ("a.junit.json", Ok((Some(Known::Json), "a.junit.json"))),
            ("a.junit.xml", Ok((Some(Known::Junit), "a.junit.xml"))),
            ("a.xml", Ok((Some(Known::Junit), "a.xml"))),
            ("a.jsonl", Ok((Some(Known::Ndjson), "a.jsonl"))),
            ("a.htm", Err(())),
            ("a.json", Ok((Some(Known::Json), "a.json"))),
            ("a.JSON", Ok((Some(Known::Json), "a.JSON"))),
            ("json=a.txt", Ok((Some(Known::Json), "a.txt"))),
            ("a.txt", Ok((Some(Known::Table), "a.txt"))),
            ("/dev/null", Ok((None, "/dev/null"))),
            ("./x=y.json", Ok((Some(Known::Json), "./x=y.json"))),
            ("report", Ok((None, "report"))),
            ("./csv", Ok((None, "./csv"))),
            ("-", Ok((None, "-"))),
            ("json=-", Ok((Some(Known::Json), "-"))),
            ("json=r.bogus", Ok((Some(Known::Json), "r.bogus"))),
            ("r.bogus", Err(())),
            ("r.json.gz", Err(())),
            ("csv", Err(())),
            ("XLSX", Err(())),
            // Of another command.
            ("mermaid", Err(())),
            // Of a command that writes no files.
            ("az", Ok((None, "az"))),
            ("json", Err(())),
            ("pdf=a", Err(())),
            ("json=", Err(())),
        ] {
            let split = split_output::<Known>(text)
                .map(|(format, path)| (format, path.to_str().unwrap()))
                .map_err(|_| ());
            assert_eq!(split, expected, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_the_same_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("there"), "").unwrap();
        std::fs::write(at("other"), "").unwrap();
        std::os::unix::fs::symlink(at("there"), at("link")).unwrap();
        for (one, other, expected) in [
            ("there", "there", true),
            ("there", "sub/../there", true),
            ("there", "link", true),
            ("there", "other", false),
            ("absent", "absent", true),
            ("absent", "./sub/../absent", true),
            ("absent", "sub/absent", false),
            ("absent", "there", false),
            ("none/absent", "none/absent", true),
        ] {
            assert_eq!(is_same(&at(one), &at(other)), expected, "{one} {other}");
        }
        assert!(is_same(Path::new("absent"), Path::new("./absent")));
        let device = OutputFile::open(Path::new("/dev/null")).unwrap();
        assert!(!device.replaces(Path::new("/dev/null")));
    }

    #[test]
    fn stdout_is_one_output_at_most() {
        let options = |given: &[&str]| {
            let output = given.iter().map(|&text| text.to_owned()).collect();
            OutputOptions { format: Known::Markdown, output }
        };
        let (given, json) = (Known::Markdown, Known::Json);
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("report").display().to_string();
        let named = format!("json={plain}");
        // Each output as its format and whether it is stdout.
        for (texts, expected) in [
            (vec![], vec![(given, true)]),
            (vec!["-"], vec![(given, true)]),
            (vec!["json=-"], vec![(json, true)]),
            (vec![plain.as_str()], vec![(given, false)]),
            (vec![named.as_str()], vec![(json, false), (given, true)]),
            (vec![named.as_str(), "-"], vec![(json, false), (given, true)]),
            (vec![plain.as_str(), "json=-"], vec![(given, false), (json, true)]),
        ] {
            let opened = outputs(&options(&texts)).unwrap();
            let found: Vec<_> = opened.iter().map(|it| (it.format, it.file.is_none())).collect();
            assert_eq!(found, expected, "{texts:?}");
        }
        assert!(outputs(&options(&["-", "json=-"])).is_err());
    }
}
