//! Where output goes: stdout for data, stderr for everything else, files whole or not at all.

use super::exit::Failure;
use crate::report::escape;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

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
        let existing = std::fs::metadata(path);
        if existing.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
            return Err(Failure::usage(format!("cannot write {}: it is a folder", path.display())));
        }
        let target = if existing.is_ok_and(|it| !it.is_file()) {
            Target::Direct(File::options().write(true).open(path).map_err(failed)?)
        } else {
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
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
            Target::Temporary(made.map_err(|error| failed(io::Error::from(error.kind())))?)
        };
        Ok(Self { path: path.to_path_buf(), target })
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
                file.persist(&path).map_err(|error| failed(error.error))?;
                Ok(())
            }
        }
    }
}

/// Writes to stdout; a closed pipe ends the program quietly.
pub(super) fn to_stdout(
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    content(&mut out).and_then(|()| out.flush())?;
    Ok(())
}

/// `[FORMAT=]FILE`, split: the format is named, or told by the extension, or not told.
pub(super) fn split_output<'a>(
    text: &'a str,
    formats: &[&'static str],
) -> Result<(Option<&'static str>, &'a Path), Failure> {
    let known = |name: &str| formats.iter().copied().find(|it| it.eq_ignore_ascii_case(name));
    if let Some(format) = known(text) {
        return Err(Failure::usage(format!("-o {text} names a format, not a file"))
            .hint(format!("did you mean --format {format}, or -o {format}=FILE?")));
    }
    if let Some((name, file)) = text.split_once('=')
        && !name.contains(['/', '\\', '.'])
    {
        return match (known(name), file.is_empty()) {
            (Some(_), true) => Err(Failure::usage(format!("-o {text} names no file"))),
            (Some(format), false) => Ok((Some(format), Path::new(file))),
            (None, _) => Err(Failure::usage(format!("{name} is no format of this command"))
                .hint(format!("known are {}", formats.join(", ")))),
        };
    }
    let path = Path::new(text);
    let extension = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let by_extension = match extension.to_ascii_lowercase().as_str() {
        "txt" => known("table"),
        other => known(other),
    };
    Ok((by_extension, path))
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

    #[test]
    fn the_format_is_named_or_told_by_the_extension() {
        let formats = ["table", "json"];
        for (text, expected) in [
            ("a.json", Ok((Some("json"), "a.json"))),
            ("a.JSON", Ok((Some("json"), "a.JSON"))),
            ("json=a.txt", Ok((Some("json"), "a.txt"))),
            ("a.txt", Ok((Some("table"), "a.txt"))),
            ("/dev/null", Ok((None, "/dev/null"))),
            ("./x=y.json", Ok((Some("json"), "./x=y.json"))),
            ("json", Err(())),
            ("pdf=a", Err(())),
            ("json=", Err(())),
        ] {
            let split = split_output(text, &formats)
                .map(|(format, path)| (format, path.to_str().unwrap()))
                .map_err(|_| ());
            assert_eq!(split, expected, "{text}");
        }
    }
}
