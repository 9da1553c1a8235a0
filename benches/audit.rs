//! Speed and size, run by hand: `cargo bench --bench audit`. Prints ratios measured in one run.

#![expect(clippy::print_stdout, reason = "a program to be run by hand")]

#[path = "support/server.rs"]
mod server;
#[path = "support/tenant.rs"]
mod tenant;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use pimaudit::baseline::{self, builtin};
use pimaudit::collect::{self, Order};
use pimaudit::graph::{Client, IN_FLIGHT, Options, Patience, Silent};
use pimaudit::model::Cloud;
use pimaudit::snapshot::Snapshot;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenant::{Rows, SIZES, Size};

const LATENCY: Duration = Duration::from_millis(50);
const PROGRAM: &str = env!("CARGO_BIN_EXE_pimaudit");

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|it| it == "--parse-value") {
        // The yardstick, in a process of its own: the same bytes into a generic tree.
        let bytes = std::fs::read(&arguments[place + 1]).expect("the file");
        let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        assert!(value.is_object());
        std::process::exit(0);
    }
    if let Some(place) = arguments.iter().position(|it| it == "--write") {
        // A snapshot as a file, to look at with a profiler; the large one where none is named.
        let named =
            arguments.get(place + 2).and_then(|it| SIZES.iter().find(|size| size.name == it));
        let size = *named.unwrap_or(&SIZES[2]);
        std::fs::write(&arguments[place + 1], tenant::snapshot(&tenant::rows(size)))
            .expect("the snapshot");
        return;
    }
    println!("machine: {} cores", std::thread::available_parallelism().map_or(0, usize::from));
    start_up();
    let folder = tempfile::tempdir().expect("a folder");
    let mut times = Vec::new();
    for size in SIZES {
        let rows = tenant::rows(size);
        let path = folder.path().join(format!("{}.json", size.name));
        std::fs::write(&path, tenant::snapshot(&rows)).expect("the snapshot");
        describe(size, &rows, &path);
        times.push(replay(&path));
        collection(size, &rows);
    }
    println!(
        "time at 8 times the size: {:.2} times (at most 10)",
        times[2].as_secs_f64() / times[0].as_secs_f64()
    );
    nested();
}

/// Groups in PIM, nested to depth 6: 20 a level, which share one request, and more.
const NESTED: [usize; 3] = [120, 600, 2_000];

/// Collecting nested groups, and asking who reaches a role through 2,000 of them.
fn nested() {
    let mut last = None;
    for groups in NESTED {
        let rows = tenant::nested(groups);
        println!(
            "\nnested: {groups} groups in PIM, depth {}, {} people",
            tenant::DEPTH,
            rows.objects.len() - groups
        );
        last = Some(nested_collection(groups, &rows));
    }
    let snapshot = last.expect("a snapshot");
    let resolved = pimaudit::resolve::resolve(&snapshot, snapshot.collected_at);
    let organisation = pimaudit::model::Organisation::default();
    let global = pimaudit::assemble::who::Question::Access(pimaudit::model::Access::DirectoryRole(
        pimaudit::evaluate::global_administrator(),
    ));
    let mut ways = 0;
    let times = (0..5).map(|_| {
        let start = Instant::now();
        let world =
            pimaudit::facts::World::new(&resolved, &organisation, None, snapshot.collected_at);
        ways = pimaudit::assemble::who::who(&world, &global).lines.len();
        start.elapsed()
    });
    let time = median(times.collect());
    println!("who: {ways} ways in {:.0} ms (at most 200)", time.as_secs_f64() * 1e3);
}

fn nested_collection(groups: usize, rows: &Rows) -> Snapshot<'static> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut transfers = Vec::new();
    let mut walls = Vec::new();
    for _ in 0..4 {
        transfers.push(runtime.block_on(collect_once(rows, Duration::ZERO)).0);
        walls.push(runtime.block_on(collect_once(rows, LATENCY)).0);
    }
    transfers.push(runtime.block_on(collect_once(rows, Duration::ZERO)).0);
    let (wall, (requests, bytes), snapshot) = runtime.block_on(collect_once(rows, LATENCY));
    walls.push(wall);
    let (transfer, wall) = (median(transfers), median(walls));
    // A level asks for five things of each group, three of them of PIM, which is asked four requests
    // at a time; then for its people, as only they tell which of them are groups.
    let a_level = groups.div_ceil(tenant::DEPTH);
    let of_pim = (3 * a_level.div_ceil(20)).div_ceil(4) as u64;
    let rounds = 1 + 1 + (of_pim + 1) * tenant::DEPTH as u64;
    let bound = LATENCY * u32::try_from(rounds).expect("a small number") + transfer;
    println!(
        "collection: {requests} requests, {:.1} MB, wall {:.0} ms (median of 5), without latency \
         {:.0} ms, lower bound {:.0} ms ({} levels of {of_pim} + 1 rounds), allowed {:.0} ms",
        bytes as f64 / 1e6,
        wall.as_secs_f64() * 1e3,
        transfer.as_secs_f64() * 1e3,
        bound.as_secs_f64() * 1e3,
        tenant::DEPTH,
        bound.as_secs_f64() * 1250.0 + 100.0
    );
    snapshot
}

fn describe(size: Size, rows: &Rows, path: &Path) {
    let bytes = std::fs::metadata(path).expect("the snapshot").len();
    println!(
        "\n{}: {} holders, {} grants, {} groups, {} memberships, {} policies; file {:.1} MB",
        size.name,
        rows.objects.len(),
        size.grants,
        size.groups,
        size.groups * size.members_a_group,
        size.policies,
        bytes as f64 / 1e6
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Wall time and peak memory (bytes) of a process.
fn measure(program: &str, arguments: &[&str]) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // The high-water mark only grows; the last look before the end is close to it.
        if let Ok(text) = std::fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM"))
        {
            let kilobytes: u64 =
                line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
            peak = peak.max(kilobytes * 1024);
        }
        match child.try_wait().expect("the program runs") {
            Some(ended) => {
                assert!(ended.success(), "{program} {arguments:?}: {ended}");
                return (start.elapsed(), peak);
            }
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
}

fn start_up() {
    let run = |program: &str, arguments: &[&str]| {
        median((0..30).map(|_| measure(program, arguments).0).collect())
    };
    let nothing = run("true", &[]);
    let help = run(PROGRAM, &["--help"]);
    println!(
        "--help: {:.1} ms, true: {:.1} ms, {:.1} ms more (at most 10)",
        help.as_secs_f64() * 1e3,
        nothing.as_secs_f64() * 1e3,
        (help.as_secs_f64() - nothing.as_secs_f64()) * 1e3
    );
}

/// `audit --snapshot` as a whole process, against parsing the same bytes.
fn replay(path: &Path) -> Duration {
    let file = path.to_str().expect("a plain path");
    let own = std::env::current_exe().expect("this program");
    let own = own.to_str().expect("a plain path");
    let mut audit = Vec::new();
    let mut parse = Vec::new();
    let mut peak = 0;
    for _ in 0..5 {
        parse.push(measure(own, &["--parse-value", file]).0);
        let (time, memory) =
            measure(PROGRAM, &["audit", "--snapshot", file, "--format", "json", "-o", "/dev/null"]);
        audit.push(time);
        peak = peak.max(memory);
    }
    let (audit, parse) = (median(audit), median(parse));
    let size = std::fs::metadata(path).expect("the snapshot").len();
    println!(
        "audit: {:.0} ms, parsing alone: {:.0} ms, {:.2} times (at most 3)",
        audit.as_secs_f64() * 1e3,
        parse.as_secs_f64() * 1e3,
        audit.as_secs_f64() / parse.as_secs_f64()
    );
    println!(
        "peak memory: {:.0} MB, allowed {:.0} MB (3 times the file + 64 MB)",
        peak as f64 / 1e6,
        3.0 * size as f64 / 1e6 + 64.0
    );
    audit
}

#[derive(Debug)]
struct Token;

#[async_trait::async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let hour =
            azure_core::time::OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new("token".to_owned(), hour))
    }
}

/// Collection over loopback with latency, against the least it could take.
fn collection(size: Size, rows: &Rows) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut walls = Vec::new();
    let mut transfers = Vec::new();
    let mut counted = (0, 0);
    for _ in 0..5 {
        let (wall, seen, _) = runtime.block_on(collect_once(rows, LATENCY));
        counted = seen;
        walls.push(wall);
        transfers.push(runtime.block_on(collect_once(rows, Duration::ZERO)).0);
    }
    let expected = expected_requests(size, rows);
    let chain = longest_chain(size, rows);
    let parallel = counted.0.div_ceil(IN_FLIGHT as u64);
    let bound = LATENCY * u32::try_from(chain.max(parallel)).expect("a small number");
    let bound = bound + median(transfers);
    let wall = median(walls);
    println!(
        "collection: {} requests (expected {expected}), {:.1} MB, wall {:.0} ms, lower bound {:.0} ms \
         (chain {chain}, {parallel} rounds), allowed {:.0} ms",
        counted.0,
        counted.1 as f64 / 1e6,
        wall.as_secs_f64() * 1e3,
        bound.as_secs_f64() * 1e3,
        bound.as_secs_f64() * 1250.0 + 100.0
    );
}

async fn collect_once(rows: &Rows, latency: Duration) -> (Duration, (u64, u64), Snapshot<'static>) {
    let server = server::Server::start(rows, latency).await;
    let client = Client::new(Options {
        http: reqwest::Client::new(),
        endpoint: server.address.parse().expect("an address"),
        scope: "https://graph.microsoft.com/.default".to_owned(),
        credential: Arc::new(Token),
        in_flight: IN_FLIGHT,
        lanes: collect::LANES,
        patience: Patience::default(),
        observer: Arc::new(Silent),
    })
    .expect("a loopback endpoint");
    let baselines = vec![builtin::load("recommended").expect("the built-in baseline")];
    let at = "2026-11-02T09:00:00Z".parse().expect("a time");
    let order = Order {
        tenant: "99999999-0000-4000-8000-000000000001".to_owned(),
        cloud: Cloud::Global,
        by: None,
        datasets: baseline::datasets(&baselines),
        groups: Vec::new(),
        // Graph lets sign-ins be read five requests in ten seconds: that alone would be measured.
        without: vec!["AuditLog.Read.All".to_owned()],
        without_pim: false,
        beta: true,
        audit_since: None,
        clock: &move || at,
    };
    let start = Instant::now();
    let snapshot = collect::collect(&client, &order).await;
    let wall = start.elapsed();
    let unread = snapshot.collections.iter().find(|it| it.gap.is_some() && !it.declined);
    assert!(unread.is_none(), "{:?}", unread.and_then(|it| it.gap.as_ref()));
    (wall, server.counted(), snapshot)
}

fn pages(rows: usize) -> u64 {
    (rows.div_ceil(100) as u64).max(1)
}

/// Organisation, licences, both lists of role definitions, and the eleven lists that are short here.
const SINGLE_PAGES: u64 = 4 + 11;

/// Sum of pages, and per level of the walk ceil(ids / 1000) + ceil(groups / 20).
fn expected_requests(size: Size, rows: &Rows) -> u64 {
    let lists = pages(rows.assignments.len())
        + pages(rows.instances.len())
        + pages(rows.eligibilities.len())
        + pages(rows.policies.len())
        + SINGLE_PAGES;
    let first_level = size.grants.div_ceil(1000) as u64;
    // Members and owners.
    let members = 2 * size.groups.div_ceil(20) as u64;
    // Users who are only members, because their place among the grants is taken by a group.
    let second_level = (rows.objects.len() - size.grants).div_ceil(1000) as u64;
    lists + first_level + members + second_level
}

/// The longest list, then the objects, then the members, then the objects among them.
fn longest_chain(_: Size, rows: &Rows) -> u64 {
    let longest = pages(rows.eligibilities.len())
        .max(pages(rows.instances.len()))
        .max(pages(rows.policies.len()));
    longest + 1 + 1 + 1
}
