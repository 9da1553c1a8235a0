//! Runs of the store as the documents that `history list` and `history show` are made of.

use crate::report::history::run::{ReadBy, Worst, WorstFinding};
use crate::report::history::runs::{KeptRun, KeptScore, Limits};
use crate::snapshot::CollectedBy;
use crate::store::{Gate, Kept, Run, Score};

pub(super) fn kept_run<'a>(run: &'a Run, scores: impl Iterator<Item = &'a Score>) -> KeptRun<'a> {
    KeptRun {
        id: run.id,
        tenant: &run.tenant,
        tenant_name: &run.tenant_name,
        cloud: run.cloud.name(),
        collected_at: run.collected_at,
        judged_at: run.judged_at,
        version: &run.program,
        source: &run.source,
        configuration: run.configuration.as_deref(),
        limits: match run.gate {
            Gate::Unset => Limits::Unset,
            Gate::Passed => Limits::Met,
            Gate::Missed => Limits::Missed,
        },
        scores: scores.map(kept_score).collect(),
    }
}

fn kept_score(score: &Score) -> KeptScore<'_> {
    KeptScore {
        baseline: &score.baseline,
        title: &score.title,
        digest: &score.rules,
        posture: score.posture,
        low: score.low,
        high: score.high,
        grade: score.grade.as_deref(),
        coverage: score.coverage,
        coverage_percent: score.coverage_percent,
        waived_share: score.waived_share,
        passed: score.counts.passed,
        partial: score.counts.partial,
        failed: score.counts.failed,
        not_assessed: score.counts.not_assessed,
        waived: score.counts.waived,
    }
}

pub(super) fn read_by(by: &CollectedBy) -> ReadBy<'_> {
    ReadBy {
        name: by.name.as_deref(),
        application: by.application.as_deref(),
        auth: by.auth.as_deref(),
        permissions: &by.permissions,
    }
}

pub(super) fn worst<'a>(baseline: &'a str, findings: &'a [Kept], open: usize) -> Worst<'a> {
    let finding = |kept: &'a Kept| WorstFinding {
        check: &kept.check,
        subject: &kept.subject,
        name: kept.name.as_deref(),
        severity: &kept.severity,
        outcome: &kept.outcome,
        credit: kept.credit,
        observed: kept.observed.as_deref(),
    };
    Worst { baseline, open, findings: findings.iter().map(finding).collect() }
}
