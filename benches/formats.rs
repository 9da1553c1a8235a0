//! Speed of every format, run by hand: `cargo bench --bench formats`. Ratios of one run.

#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

#[expect(dead_code, reason = "the other program uses all of it")]
#[path = "support/tenant.rs"]
mod tenant;

use pimaudit::assemble::{self, Material};
use pimaudit::baseline::builtin;
use pimaudit::model::Organisation;
use pimaudit::report::Report;
use pimaudit::report::format::{self, Format};
use pimaudit::report::json;
use pimaudit::report::table::{Look, Show};
use pimaudit::score::{Row, score};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use tenant::SIZES;

/// Findings of the two reports.
const FINDINGS: [usize; 2] = [5_000, 100_000];
const TIMES: usize = 5;

/// Counts what is written and keeps nothing.
#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() {
    let whole = judged();
    println!("the large tenant has {} findings", whole.baselines[0].findings.len());
    let reports = FINDINGS.map(|count| with_findings(&whole, count));
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|it| it == "--write") {
        // The report of 5,000 findings, to look at in a browser.
        let mut file = std::fs::File::create(&arguments[place + 1]).expect("a file");
        return json::write(&reports[0], &mut file).expect("the report");
    }
    println!("{:10}{:>12}{:>10}{:>8}   at 20 times the findings", "", "size", "time", "MB/s");
    for format in Format::ALL {
        let measured = reports.each_ref().map(|report| measure(format, report));
        for (bytes, time) in measured {
            println!(
                "{:10}{:>9.2} MB{:>7.1} ms{:>8.0}",
                format.name(),
                bytes as f64 / 1e6,
                time.as_secs_f64() * 1e3,
                bytes as f64 / 1e6 / time.as_secs_f64()
            );
        }
        let [(_, small), (_, large)] = measured;
        println!("{:10}{:>38.1} times", "", large.as_secs_f64() / small.as_secs_f64());
    }
    let mut text = Vec::new();
    json::write(&reports[1], &mut text).expect("the report");
    let text = String::from_utf8(text).expect("text");
    let start = Instant::now();
    let again = json::read(&text).expect("a report");
    let time = start.elapsed();
    assert_eq!(again.baselines[0].findings.len(), FINDINGS[1]);
    println!("read back {:.1} MB in {:.0} ms", text.len() as f64 / 1e6, time.as_secs_f64() * 1e3);
}

/// The large tenant, judged by `recommended`.
fn judged() -> Report {
    let text = tenant::snapshot(&tenant::rows(SIZES[2]));
    let snapshot =
        pimaudit::snapshot::load_bytes(text.as_bytes(), Path::new("large")).expect("the snapshot");
    let resolved = pimaudit::resolve::resolve(&snapshot, snapshot.collected_at);
    assemble::report(&Material {
        collected: assemble::collection(&snapshot),
        tenant: &resolved,
        organisation: &Organisation::default(),
        configuration: None,
        baselines: &[builtin::load("recommended").expect("the baseline")],
        now: snapshot.collected_at,
        labels: &assemble::Labels::new(),
    })
}

/// The same report with so many findings: evenly chosen, or repeated.
fn with_findings(report: &Report, count: usize) -> Report {
    let mut report = report.clone();
    let judged = &mut report.baselines[0];
    let all = judged.findings.len();
    judged.findings =
        (0..count).map(|place| judged.findings[place * all / count].clone()).collect();
    let rows: Vec<Row> = judged.findings.iter().filter_map(Row::of).collect();
    judged.score = score(&rows);
    report
}

fn measure(format: Format, report: &Report) -> (u64, Duration) {
    let look =
        Look { width: 100, colour: false, show: Show::All, explain_score: false, matrix: false };
    let mut bytes = 0;
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let mut counter = Counter::default();
            let start = Instant::now();
            format::write(format, report, &look, &mut counter).expect("nothing can fail");
            bytes = counter.0;
            start.elapsed()
        })
        .collect();
    times.sort();
    (bytes, times[TIMES / 2])
}
