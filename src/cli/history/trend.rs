//! `history trend`: posture, coverage and failures over time.

use super::{failure, opened, path_of, spare, tenant};
use crate::cli::arguments::{HistoryTrendOptions, TrendFormat};
use crate::cli::connect;
use crate::cli::exit::{Exit, Failure, nearest};
use crate::cli::output;
use crate::model::minute;
use crate::report::history::{self, Point, Series, Trend};
use crate::store::{CheckAt, Counts, RoleAt, ScoreAt, Store, StoreError};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

pub(super) fn run(options: &HistoryTrendOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let outputs = output::outputs(&options.output)?;
    spare(&outputs, path)?;
    let since = options.since.map(connect::since);
    let trend = connect::run(async {
        let mut store = opened(path).await?;
        let trend = trend_of(&mut store, path, options).await?;
        store.close().await.map_err(|error| failure(path, &error))?;
        Ok(trend)
    })?;
    let trend = recent(trend, since)?;
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                TrendFormat::Table => history::write_table(&trend, output::width(), colour, out),
                TrendFormat::Json => history::write_json(&trend, out),
                TrendFormat::Html => history::write_html(&trend, out),
            }
        })?;
    }
    Ok(Exit::Done)
}

async fn trend_of(
    store: &mut Store,
    path: &Path,
    options: &HistoryTrendOptions,
) -> Result<Trend, Failure> {
    let failed = |error: StoreError| failure(path, &error);
    let tenant = tenant(store, path, options.kept.tenant.as_deref()).await?;
    let scores = store.scores(&tenant.id).await.map_err(failed)?;
    let baselines = wanted(&scores, &options.baseline)?;
    let mut series = Vec::new();
    for baseline in &baselines {
        if let Some(check) = options.check.as_deref() {
            let points = store.check_trend(&tenant.id, baseline, check).await.map_err(failed)?;
            let points = one_a_reading(points.into_iter().map(point_of_check));
            series.push(Series { baseline: baseline.clone(), of: Some(check.to_owned()), points });
        } else if let Some(role) = options.role.as_deref() {
            let names = store.roles(&tenant.id, baseline).await.map_err(failed)?;
            for (id, name) in roles_called(&names, role) {
                let points = store.role_trend(&tenant.id, baseline, id).await.map_err(failed)?;
                let points = one_a_reading(points.into_iter().map(point_of_role));
                series.push(Series {
                    baseline: baseline.clone(),
                    of: Some(name.to_owned()),
                    points,
                });
            }
        } else {
            let points = scores.iter().filter(|it| it.score.baseline == *baseline);
            let points = one_a_reading(points.map(point_of_score));
            series.push(Series { baseline: baseline.clone(), of: None, points });
        }
    }
    series.retain(|it: &Series| !it.points.is_empty());
    if series.is_empty() {
        return Err(nothing(store, path, &tenant.id, &baselines, options).await?);
    }
    Ok(Trend {
        version: env!("CARGO_PKG_VERSION"),
        tenant: tenant.id,
        tenant_name: tenant.name,
        series,
    })
}

/// The baselines asked for, or all that a run was judged by.
fn wanted(scores: &[ScoreAt], asked: &[String]) -> Result<Vec<String>, Failure> {
    let known: BTreeSet<&str> = scores.iter().map(|it| it.score.baseline.as_str()).collect();
    if asked.is_empty() {
        return Ok(known.into_iter().map(str::to_owned).collect());
    }
    let mut wanted: Vec<String> = Vec::new();
    for name in asked {
        if !known.contains(name.as_str()) {
            let listed = known.iter().copied().collect::<Vec<_>>().join(", ");
            let failure = Failure::usage(format!("no run was judged by the baseline {name}"));
            return Err(match nearest(name, known.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None => failure.hint(format!("there are runs by {listed}")),
            });
        }
        if !wanted.contains(name) {
            wanted.push(name.clone());
        }
    }
    Ok(wanted)
}

/// The roles of this id or name, each once, by the last of its names.
fn roles_called<'n>(names: &'n [(String, String)], asked: &str) -> Vec<(&'n str, &'n str)> {
    let wanted = asked.trim().to_lowercase();
    let mut found: Vec<(&str, &str)> = Vec::new();
    let is_it = |id: &str| {
        let mut own = names.iter().filter(|(other, _)| other == id);
        own.any(|(id, name)| id.to_lowercase() == wanted || name.to_lowercase() == wanted)
    };
    for (id, name) in names {
        let same = found.last_mut().filter(|(last, _)| *last == id.as_str());
        if let Some((_, called)) = same {
            *called = name.as_str();
        } else if is_it(id) {
            found.push((id.as_str(), name.as_str()));
        }
    }
    found
}

/// Why nothing can be drawn.
async fn nothing(
    store: &mut Store,
    path: &Path,
    tenant: &str,
    baselines: &[String],
    options: &HistoryTrendOptions,
) -> Result<Failure, Failure> {
    let (what, asked) = match (&options.check, &options.role) {
        (Some(check), _) => ("check", check),
        (None, Some(role)) => ("role", role),
        (None, None) => return Ok(Failure::usage("no run of this tenant was judged")),
    };
    let mut known: BTreeSet<String> = BTreeSet::new();
    for baseline in baselines {
        let failed = |error: StoreError| failure(path, &error);
        if options.check.is_some() {
            known.extend(store.checks(tenant, baseline).await.map_err(failed)?);
        } else {
            let roles = store.roles(tenant, baseline).await.map_err(failed)?;
            known.extend(roles.into_iter().map(|(_, name)| name));
        }
    }
    let told = Failure::usage(format!("no run has findings of the {what} {asked}"));
    Ok(match nearest(asked, known.iter().map(String::as_str)) {
        Some(near) => told.hint(format!("did you mean {near}?")),
        None if options.check.is_some() => told.hint("see `pimaudit checks`"),
        None => told.hint("give its id, or its name as the tenant has it"),
    })
}

/// Only what was read since a time.
fn recent(mut trend: Trend, since: Option<Timestamp>) -> Result<Trend, Failure> {
    let Some(since) = since else { return Ok(trend) };
    let newest = trend.series.iter().flat_map(|it| &it.points).map(|point| point.at).max();
    for series in &mut trend.series {
        series.points.retain(|point| point.at >= since);
    }
    trend.series.retain(|series| !series.points.is_empty());
    match newest {
        Some(newest) if trend.series.is_empty() => {
            Err(Failure::usage(format!("no run was read since {}", minute(since)))
                .hint(format!("the newest is of {}", minute(newest))))
        }
        Some(_) | None => Ok(trend),
    }
}

/// Of the runs that judged one reading, the one as of its own time, else the one of the latest time; of
/// several of these the last that was kept. Two points of one time would tell of a change where none is.
fn one_a_reading(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut kept: BTreeMap<Timestamp, Point> = BTreeMap::new();
    let rank = |it: &Point| (it.judged_at == it.at, it.judged_at, it.run);
    for point in points {
        let before = kept.get(&point.at);
        if before.is_none_or(|before| rank(before) < rank(&point)) {
            kept.insert(point.at, point);
        }
    }
    kept.into_values().collect()
}

fn point_of_score(it: &ScoreAt) -> Point {
    let score = &it.score;
    Point {
        run: it.run,
        at: it.at,
        judged_at: it.judged_at,
        posture: score.posture,
        low: Some(score.low),
        high: Some(score.high),
        coverage: score.coverage_percent,
        grade: score.grade.clone(),
        rules: score.rules.clone(),
        configuration: it.configuration.clone(),
        failed: score.counts.failed,
        partial: score.counts.partial,
        not_assessed: score.counts.not_assessed,
    }
}

fn point_of_check(it: CheckAt) -> Point {
    Point {
        run: it.run,
        at: it.at,
        judged_at: it.judged_at,
        posture: it.posture,
        low: Some(it.low),
        high: Some(it.high),
        coverage: it.coverage,
        grade: None,
        rules: it.rules,
        configuration: it.configuration,
        failed: it.counts.failed,
        partial: it.counts.partial,
        not_assessed: it.counts.not_assessed,
    }
}

fn point_of_role(it: RoleAt) -> Point {
    Point {
        run: it.run,
        at: it.at,
        judged_at: it.judged_at,
        posture: None,
        low: None,
        high: None,
        coverage: coverage_of(&it.counts),
        grade: None,
        rules: it.rules,
        configuration: it.configuration,
        failed: it.counts.failed,
        partial: it.counts.partial,
        not_assessed: it.counts.not_assessed,
    }
}

/// Percent of the findings on a role that were judged, never rounded up to all of them.
fn coverage_of(counts: &Counts) -> f64 {
    let judged = counts.passed + counts.partial + counts.failed + counts.waived;
    let all = judged + counts.not_assessed;
    if counts.not_assessed == 0 {
        return if all == 0 { 0.0 } else { 100.0 };
    }
    let percent = 100.0 * judged as f64 / all as f64;
    ((percent * 10.0).floor() / 10.0).min(99.9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_meant_by_id_or_by_any_name_it_had() {
        let names: Vec<(String, String)> =
            [("r-1", "Reader"), ("r-2", "Helpdesk"), ("r-2", "Service desk"), ("r-3", "READER")]
                .iter()
                .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()))
                .collect();
        for (asked, expected) in [
            ("R-1", vec![("r-1", "Reader")]),
            ("helpdesk", vec![("r-2", "Service desk")]),
            ("service DESK", vec![("r-2", "Service desk")]),
            ("reader", vec![("r-1", "Reader"), ("r-3", "READER")]),
            ("desk", vec![]),
        ] {
            assert_eq!(roles_called(&names, asked), expected, "{asked}");
        }
    }

    #[test]
    fn coverage_of_a_role_is_never_rounded_up() {
        let counts = |passed, not_assessed| Counts { passed, not_assessed, ..Counts::default() };
        for (counts, expected) in [
            (counts(3, 0), 100.0),
            (counts(0, 0), 0.0),
            (counts(0, 5), 0.0),
            (counts(2, 1), 66.6),
            (counts(100_000, 1), 99.9),
        ] {
            assert_eq!(coverage_of(&counts), expected, "{counts:?}");
        }
    }

    #[test]
    fn a_reading_has_one_point() {
        let (own, later, latest) =
            ("2026-11-01T09:00:00Z", "2026-11-05T00:00:00Z", "2027-11-05T00:00:00Z");
        for (runs, expected) in [
            (vec![(1, own), (2, later)], 1),
            (vec![(1, later), (2, own)], 2),
            (vec![(1, own), (2, own)], 2),
            (vec![(1, latest), (2, later)], 1),
        ] {
            let points = runs.iter().map(|(run, judged_at)| Point {
                run: *run,
                judged_at: judged_at.parse().unwrap(),
                ..point(own)
            });
            let found: Vec<i64> = one_a_reading(points).iter().map(|it| it.run).collect();
            assert_eq!(found, [expected], "{runs:?}");
        }
        let other = one_a_reading([point(later), point(own)].into_iter());
        assert_eq!(other.len(), 2);
    }

    fn point(at: &str) -> Point {
        Point {
            run: 1,
            at: at.parse().unwrap(),
            judged_at: at.parse().unwrap(),
            posture: None,
            low: None,
            high: None,
            coverage: 0.0,
            grade: None,
            rules: String::new(),
            configuration: None,
            failed: 0,
            partial: 0,
            not_assessed: 0,
        }
    }

    #[test]
    fn what_is_older_is_left_out_and_nothing_left_is_told() {
        let trend = || Trend {
            version: "0.1.0",
            tenant: "t-1".to_owned(),
            tenant_name: String::new(),
            series: vec![Series {
                baseline: "recommended".to_owned(),
                of: None,
                points: vec![point("2026-10-01T09:00:00Z"), point("2026-11-01T09:00:00Z")],
            }],
        };
        let left = |since: &str| {
            let since = since.parse().unwrap();
            recent(trend(), Some(since)).map(|it| it.series[0].points.len()).ok()
        };
        assert_eq!(left("2026-01-01T00:00:00Z"), Some(2));
        assert_eq!(left("2026-11-01T09:00:00Z"), Some(1));
        assert_eq!(left("2026-11-01T09:00:01Z"), None);
        assert_eq!(recent(trend(), None).unwrap().series[0].points.len(), 2);
    }
}
