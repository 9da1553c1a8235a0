//! Size and speed of a year of history, run by hand: `cargo bench --bench history [DAYS]`.
//!
//! Every day the medium tenant with some rows changed is audited with `--store`, as a user would.

#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

#[expect(dead_code, reason = "the other programs use all of it")]
#[path = "support/tenant.rs"]
mod tenant;

use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tenant::{Rows, SIZES};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pimaudit");
const DAYS: usize = 365;
const STORE: &str = "history.db";
const TODAY: &str = "today.json";
/// When `tenant::snapshot` says that it was read.
const READ_AT: &str = "2026-11-02T09:00:00Z";
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The first day of a year in which grants of the tenant end on one day only.
const FIRST: &str = "2026-09-01T09:00:00Z";
/// Of a thousand holders, so many signed in since the day before.
const SIGNED_IN: usize = 100;
/// Eligibilities that come, go, or get another end on a day.
const GRANTS: usize = 10;
/// Members who change their group.
const MEMBERS: usize = 20;
/// Times of a median.
const TIMES: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let days = arguments.iter().find_map(|it| it.parse().ok()).unwrap_or(DAYS).max(2);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut year = Year::begin();
    let (mut audits, mut kept) = (Vec::new(), Vec::new());
    for day in 0..days {
        let text = year.snapshot(day);
        std::fs::write(folder.join(TODAY), &text).expect("the snapshot");
        if day + TIMES >= days {
            // What keeping costs, beside the audit that is made anyway.
            audits.push(run(
                folder,
                &["audit", "--snapshot", TODAY, "--format", "json", "-o", "report.json"],
            ));
        }
        let time = run(
            folder,
            &[
                "audit",
                "--snapshot",
                TODAY,
                "--format",
                "json",
                "-o",
                "report.json",
                "--store",
                STORE,
            ],
        );
        if day + TIMES >= days {
            kept.push(time);
        }
        if [0, 1, 6, 29, 89, 179].contains(&day) || day + 1 == days {
            println!("day {:>3}: {:>6.1} MB", day + 1, megabytes(folder, STORE));
        }
        year.tomorrow();
    }
    let (whole, size) = (megabytes(folder, TODAY), megabytes(folder, STORE));
    println!(
        "one snapshot {whole:.1} MB, {days} runs {size:.1} MB: {:.2} MB a run ({:.2} % of it); {:.1} MB in \
         365 runs at this rate (at most 200)",
        size / days as f64,
        100.0 * size / days as f64 / whole,
        size / days as f64 * DAYS as f64
    );
    let (audit, kept) = (median(audits), median(kept));
    println!(
        "audit {:.0} ms, with --store {:.0} ms: {:.2} times",
        milliseconds(audit),
        milliseconds(kept),
        milliseconds(kept) / milliseconds(audit)
    );
    for (what, arguments) in [
        ("trend", &["history", "trend"][..]),
        ("trend, HTML", &["history", "trend", "-o", "trend.html"][..]),
        ("trend of a check", &["history", "trend", "--check", "activation-too-long"][..]),
        ("trend of a role", &["history", "trend", "--role", "Global Administrator"][..]),
        ("list", &["history", "list"][..]),
        ("show", &["history", "show"][..]),
        ("export", &["history", "export", "last", "-o", "back.json"][..]),
        ("diff", &["diff", "--since", "last"][..]),
    ] {
        let arguments = [arguments, &["--store", STORE]].concat();
        let time = median((0..TIMES).map(|_| run(folder, &arguments)).collect());
        println!("{what}: {:.0} ms{}", milliseconds(time), limit(what));
    }
    let arguments = ["history", "prune", "--keep-runs", "30", "--store", STORE];
    let time = run(folder, &arguments);
    println!(
        "prune to 30 runs: {:.1} s, {:.1} MB left",
        time.as_secs_f64(),
        megabytes(folder, STORE)
    );
}

fn limit(what: &str) -> &'static str {
    if what.starts_with("trend") { " (at most 1000)" } else { "" }
}

/// The tenant of a day.
struct Year {
    rows: Rows,
    /// Sign-in rows by holder.
    sign_ins: Vec<String>,
    random: fastrand::Rng,
    fresh: usize,
}

impl Year {
    fn begin() -> Self {
        let mut year = Self {
            rows: tenant::rows(SIZES[1]),
            sign_ins: Vec::new(),
            random: fastrand::Rng::with_seed(5),
            fresh: 0,
        };
        year.unlike();
        let first: Timestamp = FIRST.parse().expect("a time");
        for place in 0..Self::holders() {
            let row = year.sign_in(place, first);
            year.sign_ins.push(row);
        }
        year
    }

    /// The people; the groups come after them.
    const fn holders() -> usize {
        SIZES[1].grants
    }

    /// Ids of schedules as long and as unlike each other as those of a real tenant: packing must not
    /// profit from numbers that follow each other.
    fn unlike(&mut self) {
        let Self { rows, random, .. } = self;
        let all = rows
            .assignments
            .iter_mut()
            .chain(&mut rows.instances)
            .chain(&mut rows.eligibilities)
            .chain(rows.objects.iter_mut().map(|(_, row)| row));
        for row in all {
            let own = format!("{{\"etag\":\"{:016x}{:016x}\",", random.u64(..), random.u64(..));
            *row = row.replacen('{', &own, 1);
        }
    }

    fn sign_in(&mut self, place: usize, before: Timestamp) -> String {
        let (id, _) = &self.rows.objects[place];
        let seconds = i64::from(self.random.u32(0..86_400));
        let at = before.checked_sub(SignedDuration::from_secs(seconds)).expect("a time");
        let request = uuid(&mut self.random);
        let other = uuid(&mut self.random);
        format!(
            r#"{{"id":"{id}","signInActivity":{{"lastNonInteractiveSignInDateTime":"{at}","lastNonInteractiveSignInRequestId":"{other}","lastSignInDateTime":"{at}","lastSignInRequestId":"{request}","lastSuccessfulSignInDateTime":"{at}","lastSuccessfulSignInRequestId":"{request}"}}}}"#
        )
    }

    /// What `collect` would have written on this day.
    fn snapshot(&mut self, day: usize) -> String {
        let now = self.now(day);
        for _ in 0..Self::holders() * SIGNED_IN / 1000 {
            let place = self.random.usize(0..Self::holders());
            let row = self.sign_in(place, now);
            self.sign_ins[place] = row;
        }
        let text = tenant::snapshot(&self.rows).replace(READ_AT, &now.to_string());
        let body = text.strip_suffix("\n]}\n").expect("the end of a snapshot");
        format!(
            "{body},\n{{\"dataset\":\"sign-in-activity\",\"request\":\"/v1.0/users\",\"read_at\":\"{now}\",\
             \"status\":\"complete\",\"rows\":[\n{}]}}\n]}}\n",
            self.sign_ins.join(",\n")
        )
    }

    fn now(&self, day: usize) -> Timestamp {
        let first: Timestamp = FIRST.parse().expect("a time");
        let days = i32::try_from(day).expect("a small number");
        first.checked_add(DAY * days).expect("a time")
    }

    /// Some grants come, go and change, and some people change their group.
    fn tomorrow(&mut self) {
        for _ in 0..GRANTS {
            let gone = self.random.usize(0..self.rows.eligibilities.len());
            let row = self.rows.eligibilities.remove(gone);
            self.fresh += 1;
            let new = row.replacen("eligible-", &format!("eligible-{}-", self.fresh), 1);
            let place = self.random.usize(0..self.rows.eligibilities.len());
            self.rows.eligibilities.insert(place, new);
            let changed = self.random.usize(0..self.rows.eligibilities.len());
            let row = &mut self.rows.eligibilities[changed];
            let month = 1 + self.fresh % 12;
            *row = row.replacen("2027-09-01", &format!("2027-{month:02}-15"), 1);
        }
        let groups = self.rows.members.len();
        for _ in 0..MEMBERS {
            let (from, to) = (self.random.usize(0..groups), self.random.usize(0..groups));
            if let Some(member) = self.rows.members[from].1.pop() {
                self.rows.members[to].1.push(member);
            }
        }
    }
}

fn uuid(random: &mut fastrand::Rng) -> String {
    let [a, b] = [random.u64(..), random.u64(..)];
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        (b >> 48) & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

fn run(folder: &Path, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let status = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program starts");
    let time = start.elapsed();
    assert!(status.success(), "{arguments:?}: {status}");
    time
}

fn megabytes(folder: &Path, name: &str) -> f64 {
    std::fs::metadata(folder.join(name)).expect("the file").len() as f64 / 1e6
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
