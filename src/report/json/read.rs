//! A saved report read back: the same report, so that every format can be made of it without judging
//! again.
//!
//! The structs here mirror the frozen shape. Members this version does not know are passed over, since
//! the shape may grow; a word of a closed list that it does not know is an error that says so.

use super::document::SCHEMA;
use super::saved;
use crate::model::{
    Dataset, Details, Evidence, Finding, Fingerprint, Gap, Outcome, PrincipalId, Remediation,
    RowId, RuleOrigin, Subject, SubjectKind, Target, Verdict, WaiverMark,
};
use crate::report::model as report;
use crate::score;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a report could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not a report at all.
    #[error("it is no pimaudit report: {0}")]
    Foreign(String),
    /// A report of another version of the shape.
    #[error("it is a {0:?}, and this version reads {SCHEMA:?}")]
    Version(String),
    /// A report, but with a part that is missing or that this version does not know.
    #[error("{0}")]
    Part(String),
}

/// Reads a report as `write` writes it. Writing it again gives the same bytes.
///
/// # Errors
/// Where the text is no report of this version, with the place.
pub fn read(text: &str) -> Result<report::Report, ReadError> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<String>,
    }
    // A list would be taken for the members in order, and its fault would name a struct of ours.
    if !text.trim_start().starts_with('{') {
        return Err(ReadError::Foreign("it is no JSON object".to_owned()));
    }
    let head: Head =
        serde_json::from_str(text).map_err(|error| ReadError::Foreign(error.to_string()))?;
    match head.schema.as_deref() {
        Some(SCHEMA) => {}
        Some(other) => return Err(ReadError::Version(other.to_owned())),
        None => return Err(ReadError::Foreign("it has no member \"schema\"".to_owned())),
    }
    let document: saved::Document =
        serde_json::from_str(text).map_err(|error| ReadError::Part(error.to_string()))?;
    let report = document.into_report().map_err(ReadError::Part)?;
    agrees(&report).map_err(ReadError::Part)?;
    Ok(report)
}

/// Words that the report holds for the life of the program: ids of checks, kinds, names of measures.
/// Each distinct one is kept once; a program reads one report and ends.
#[derive(Default)]
struct Words(BTreeSet<&'static str>);

impl Words {
    fn keep(&mut self, word: String) -> &'static str {
        if let Some(known) = self.0.get(word.as_str()) {
            return known;
        }
        let word: &'static str = Box::leak(word.into_boxed_str());
        self.0.insert(word);
        word
    }
}

/// Whether the report says of itself what follows from its findings: one that was edited does not.
fn agrees(report: &report::Report) -> Result<(), String> {
    if report.baselines.is_empty() {
        return Err("it has no baseline".to_owned());
    }
    let plain =
        |text: &str| text.chars().all(|it| it.is_ascii_alphanumeric() || ".-+:".contains(it));
    if !plain(report.version) {
        return Err(format!("{:?} is no version", report.version));
    }
    let digests = report.baselines.iter().map(|judged| &judged.digest);
    let digests = digests.chain(report.configuration.iter().map(|it| &it.digest));
    if let Some(odd) = digests.into_iter().find(|digest| !plain(digest)) {
        return Err(format!("{odd:?} is no digest"));
    }
    for judged in &report.baselines {
        let checks = judged.findings.iter().map(|finding| finding.check);
        let checks = checks.chain(report.checks.iter().map(|check| check.id));
        let is_id = |id: &str| id.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
        if let Some(odd) = checks.into_iter().find(|id| !is_id(id)) {
            return Err(format!("{odd:?} is no id of a check"));
        }
        let rows: Vec<score::Row> = judged.findings.iter().filter_map(score::Row::of).collect();
        let found = score::score(&rows);
        let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
        let same_posture = match (judged.score.posture, found.posture) {
            (Some(one), Some(other)) => near(one, other),
            // Where nothing is graded the report holds the range alone.
            (None, _) => judged.score.grade.is_none(),
            (Some(_), None) => false,
        };
        if !same_posture
            || judged.score.grade != found.grade
            || !near(judged.score.coverage, found.coverage)
        {
            return Err(format!(
                "the score of baseline {} does not follow from its findings: it was edited, or is of \
                 another version",
                judged.id
            ));
        }
    }
    Ok(())
}

impl saved::Document {
    fn into_report(self) -> Result<report::Report, String> {
        let mut words = Words::default();
        let mut checks: Vec<report::CheckText> = self
            .checks
            .into_iter()
            .map(|check| report::CheckText {
                id: words.keep(check.id),
                title: words.keep(check.title),
                what: check.what,
                why: check.why,
                reads: check.reads,
                references: check.references,
            })
            .collect();
        checks.sort_by(|one, other| one.id.cmp(other.id));
        let collected = self.collected.into_collection();
        let mut reader = Reader { words, checks: &checks, datasets: &collected.datasets };
        let baselines: Result<Vec<_>, String> =
            self.baselines.into_iter().map(|baseline| reader.judged(baseline)).collect();
        let baselines = baselines?;
        let not_covered = self.not_covered.into_iter().map(|it| reader.words.keep(it)).collect();
        let version = reader.words.keep(self.tool.version);
        let line = |line: saved::InventoryLine| report::InventoryLine {
            role: line.role,
            access: line.access,
            principal: line.principal,
            principal_id: line.principal_id,
            kind: reader.words.keep(line.kind),
            hold: reader.words.keep(line.hold),
            until: line.until,
            scope: line.scope,
            scope_name: line.scope_name,
            path: line.path,
        };
        let tenant_name = self.tenant.name.unwrap_or_else(|| "".into());
        let inventory =
            self.inventory.map(|it| (it.gaps, it.lines.into_iter().map(line).collect()));
        let inventory = inventory.map(|(gaps, lines)| report::Inventory {
            tenant: Arc::clone(&self.tenant.id),
            tenant_name: Arc::clone(&tenant_name),
            at: collected.at,
            lines,
            gaps,
        });
        Ok(report::Report {
            version,
            tenant: self.tenant.id,
            tenant_name,
            inventory,
            cloud: self.tenant.cloud,
            now: self.now,
            configuration: self
                .configuration
                .map(|it| report::Configuration { file: it.file, digest: it.digest }),
            baselines,
            not_covered,
            collected,
            checks,
        })
    }
}

impl saved::Collected {
    fn into_collection(self) -> report::Collection {
        let state = |state: saved::DatasetState| report::DatasetState {
            dataset: state.dataset,
            status: state.status,
            gap: state.gap.map(|gap| Gap::of(state.dataset, gap.kind, gap.detail)),
            rows: state.rows,
            request: state.request,
            read_at: state.read_at,
            declined: state.declined,
        };
        report::Collection {
            at: self.at,
            by: self.by,
            application: self.application,
            auth: self.auth,
            permissions: self.permissions,
            datasets: self.datasets.into_iter().map(state).collect(),
        }
    }
}

/// What the parts of a baseline refer to.
struct Reader<'r> {
    words: Words,
    checks: &'r [report::CheckText],
    datasets: &'r [report::DatasetState],
}

impl Reader<'_> {
    fn judged(&mut self, baseline: saved::Baseline) -> Result<report::Judged, String> {
        let mut findings = Vec::with_capacity(baseline.findings.len());
        let mut origins = Origins::default();
        let mut points = Vec::new();
        for saved in baseline.findings {
            let lost = saved.points;
            let place = format!("finding of {} on {}", saved.check, saved.subject.key);
            let finding = self
                .finding(saved, &mut origins)
                .map_err(|fault| format!("baseline {}, {place}: {fault}", baseline.id))?;
            if finding.is_scored() {
                points.push((finding.check, finding.subject.kind.name(), lost));
            }
            findings.push(finding);
        }
        let controls = baseline.controls.into_iter().map(|control| report::ControlText {
            control: control.id,
            level: control.level,
            checks: control.checks.into_iter().map(|it| self.words.keep(it)).collect(),
        });
        Ok(report::Judged {
            controls: controls.collect(),
            id: baseline.id,
            title: baseline.title,
            digest: baseline.digest,
            findings,
            score: self.score(baseline.score, &points),
            global_administrators: self.reach(baseline.global_administrators)?,
            break_glass: baseline
                .break_glass_candidates
                .into_iter()
                .map(|it| report::Candidate {
                    principal: PrincipalId::new(&it.id),
                    name: it.name,
                    reason: it.reason,
                })
                .collect(),
            posture_with_break_glass: baseline.posture_with_break_glass,
            unmatched_rules: baseline.unmatched_rules,
        })
    }

    /// The score, with the points of each scored finding by its place among them.
    fn score(
        &mut self,
        saved: saved::Score,
        points: &[(&'static str, &'static str, f64)],
    ) -> score::Score {
        let mut subjects: BTreeMap<(&'static str, &'static str), Vec<score::SubjectCost>> =
            BTreeMap::new();
        for (row, &(check, kind, points)) in points.iter().enumerate() {
            if points > 0.0 {
                let costs = subjects.entry((check, kind)).or_default();
                costs.push(score::SubjectCost { row, points });
            }
        }
        for costs in subjects.values_mut() {
            costs.sort_by(|one, other| other.points.total_cmp(&one.points));
        }
        let check = |check: saved::CheckScore| {
            let (id, kind) = (self.words.keep(check.check), self.words.keep(check.kind));
            let subjects = subjects.remove(&(id, kind)).unwrap_or_default();
            score::CheckScore {
                check: id,
                kind,
                weight: check.weight,
                effective: check.effective,
                unread: check.unread,
                met: None,
                cost: check.cost,
                subjects,
            }
        };
        score::Score {
            checks: saved.checks.into_iter().map(check).collect(),
            posture: saved.posture,
            drift: saved.drift,
            raw: saved.posture,
            grade: saved.grade,
            grade_uncapped: saved.grade_uncapped,
            uncertain: saved.uncertain,
            caps: saved.caps,
            coverage: saved.coverage,
            low: saved.low,
            high: saved.high,
            raw_low: saved.low,
            raw_high: saved.high,
            waived: saved.waived,
        }
    }

    fn reach(&mut self, saved: saved::Reach) -> Result<report::Reach, String> {
        let gate = match (saved.gate, saved.gate_gap) {
            (Some(gate), _) => Ok(gate),
            (None, Some(gap)) => Err(gap),
            (None, None) => {
                return Err("global_administrators has neither gate nor gate_gap".to_owned());
            }
        };
        let way = |way: saved::Way| report::ReachWay {
            principal: way.principal,
            kind: self.words.keep(way.kind),
            state: self.words.keep(way.state),
            strength: way.strength.map(|it| self.words.keep(it)),
            rank: way.rank,
            gate: way.gate,
            through: way.through,
            words: way.words,
            break_glass: way.break_glass,
            disabled: way.disabled,
            closed: way.closed.map(|it| self.words.keep(it)),
        };
        Ok(report::Reach {
            ways: saved.ways.into_iter().map(way).collect(),
            further_ways: saved.further_ways,
            people: saved.people,
            at_least_because: saved.at_least_because,
            standing: saved.standing,
            type_not_read: saved.type_not_read,
            activated: saved.activated,
            eligible: saved.eligible,
            through_groups: saved.through_groups,
            services: saved.services,
            gate,
            possible: saved.possible,
            possible_services: saved.possible_services,
            unresolved: saved.unresolved,
            disabled: saved.disabled,
            weakest: saved.weakest_way.map(|it| report::WeakestWay {
                principal: it.principal,
                way: it.way,
                gate: it.gate,
                strength: self.words.keep(it.strength),
                standing: it.standing,
            }),
            more_ways_because: saved.more_ways_because,
        })
    }

    fn finding(&mut self, saved: saved::Finding, origins: &mut Origins) -> Result<Finding, String> {
        let check = self.words.keep(saved.check);
        let known = self.checks.binary_search_by(|it| it.id.cmp(check));
        let title =
            known.ok().and_then(|place| self.checks.get(place)).map_or(check, |it| it.title);
        let source = saved.sources.into_iter().next().ok_or("it names no source")?;
        let subject = saved.subject.into_subject()?;
        let measures =
            saved.measures.0.into_iter().map(|(name, value)| (self.words.keep(name), value));
        let measures: Vec<_> = measures.collect();
        let details = Details {
            observed: saved.observed.unwrap_or_default().into(),
            expected: saved.expected.unwrap_or_default().into(),
            measures,
            evidence: saved
                .evidence
                .into_iter()
                .map(|it| self.evidence(it))
                .collect::<Result<_, _>>()?,
            notes: saved.notes.into_iter().map(Into::into).collect(),
            calls: None,
        };
        let credit = || saved.credit.ok_or("a judged finding has no credit");
        let outcome = match saved.outcome.as_str() {
            "pass" => judged(Verdict::Pass, credit()?, details)?,
            "partial" => judged(Verdict::Partial, credit()?, details)?,
            "fail" => judged(Verdict::Fail, credit()?, details)?,
            "info" => Outcome::Info(Box::new(details)),
            "not-applicable" => {
                Outcome::NotApplicable { why: details.notes.into_iter().next().unwrap_or_default() }
            }
            "not-assessed" => {
                Outcome::NotAssessed(saved.gap.ok_or("it was not assessed, and no gap says why")?)
            }
            other => return Err(format!("{other:?} is no outcome this version knows")),
        };
        Ok(Finding {
            check,
            title,
            subject: Arc::new(subject),
            base: saved.rule_severity.unwrap_or(saved.severity),
            severity: saved.severity,
            outcome,
            rule: origins.rule(source),
            labels: saved.labels.map(Into::into),
            waiver: saved.waiver.map(|it| Arc::new(it.into_mark())),
            remediation: saved
                .remediation
                .map(|it| Arc::new(Remediation { portal: it.portal.into(), graph: it.graph })),
            info: saved.info,
            fingerprint: fingerprint(&saved.fingerprint)?,
        })
    }

    fn evidence(&self, saved: saved::Evidence) -> Result<Evidence, String> {
        let state = self.datasets.iter().find(|state| state.request == saved.request);
        let dataset = state
            .map(|state| state.dataset)
            .ok_or_else(|| format!("no collection has the request {:?}", saved.request))?;
        Ok(Evidence {
            dataset,
            id: RowId::from(saved.id.as_str()),
            field: saved.field.into(),
            value: saved.value.into(),
        })
    }
}

fn judged(verdict: Verdict, credit: f64, details: Details) -> Result<Outcome, String> {
    let fits = match verdict {
        Verdict::Pass => credit == 1.0,
        Verdict::Partial => 0.0 < credit && credit < 1.0,
        Verdict::Fail => (0.0..=0.5).contains(&credit),
    };
    if !fits {
        return Err(format!("a credit of {credit} does not fit its outcome"));
    }
    Ok(Outcome::Judged { verdict, credit, details: Box::new(details) })
}

/// Where rules come from: the findings of one rule share it.
#[derive(Default)]
struct Origins(Vec<Arc<RuleOrigin>>);

impl Origins {
    fn rule(&mut self, source: saved::Source) -> Arc<RuleOrigin> {
        let origin = RuleOrigin {
            source: source.id,
            title: source.title,
            because: source.because,
            controls: source.controls,
            level: source.level,
        };
        // Findings come sorted by check, so the rule is most often the last one.
        if let Some(known) = self.0.iter().rev().take(4).find(|known| ***known == origin) {
            return Arc::clone(known);
        }
        let origin = Arc::new(origin);
        self.0.push(Arc::clone(&origin));
        origin
    }
}

impl saved::Waiver {
    fn into_mark(self) -> WaiverMark {
        WaiverMark {
            reason: self.reason,
            owner: self.owner,
            expires: self.expires,
            ticket: self.ticket,
            approved_by: self.approved_by,
        }
    }
}

impl saved::Subject {
    fn into_subject(self) -> Result<Subject, String> {
        let kind = SubjectKind::ALL
            .into_iter()
            .find(|kind| kind.name() == self.kind)
            .ok_or_else(|| format!("{:?} is no kind of subject this version knows", self.kind))?;
        let target = match self.key.strip_prefix("dataset:") {
            Some(name) => Target::Dataset {
                dataset: Dataset::named(name)
                    .ok_or_else(|| format!("{name:?} is no collection this version knows"))?,
                missing: false,
            },
            // What a check would need to judge is not in a report, and no format asks for it.
            None => Target::Tenant,
        };
        Ok(Subject {
            key: self.key,
            kind,
            name: self.name,
            tier: self.tier,
            weight: self.weight,
            least: self.weight,
            target,
        })
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let fault = || format!("{text:?} is no fingerprint");
    let mut bytes = [0; 16];
    if text.len() != 2 * bytes.len() || !text.is_ascii() {
        return Err(fault());
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(2 * place..2 * place + 2).ok_or_else(fault)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| fault())?;
    }
    Ok(Fingerprint(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn text(report: &report::Report) -> String {
        let mut out = Vec::new();
        super::super::write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_read_back_is_written_the_same() {
        let first = text(&super::super::tests::full());
        let again = text(&read(&first).unwrap());
        assert_eq!(first, again);
    }

    #[test]
    fn points_and_titles_come_back_to_their_findings() {
        let report = super::super::tests::full();
        let again = read(&text(&report)).unwrap();
        let points = |report: &report::Report| crate::report::open::points(&report.baselines[0]);
        assert_eq!(points(&report), points(&again));
        assert!(points(&again).iter().any(|points| *points > 0.0));
        let titles = |report: &report::Report| -> Vec<&str> {
            report.baselines[0].findings.iter().map(|finding| finding.title).collect()
        };
        assert_eq!(titles(&report), titles(&again));
    }

    #[test]
    fn what_is_no_report_is_told_from_what_is_a_broken_one() {
        let good: Value = serde_json::from_str(&text(&super::super::tests::full())).unwrap();
        let with = |pointer: &str, value: Value| {
            let mut changed = good.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            changed.to_string()
        };
        let finding = "/baselines/0/findings/0";
        for (text, expected) in [
            ("no json".to_owned(), "it is no pimaudit report"),
            ("{".to_owned(), "it is no pimaudit report"),
            ("[]".to_owned(), "it is no pimaudit report: it is no JSON object"),
            ("[\"pimaudit.report/1\"]".to_owned(), "it is no JSON object"),
            ("{}".to_owned(), "no member \"schema\""),
            (
                with("/schema", json!("pimaudit.report/2")),
                "\"pimaudit.report/2\", and this version",
            ),
            (with("/baselines", json!(1)), "expected a sequence"),
            (with(&format!("{finding}/outcome"), json!("maybe")), "\"maybe\" is no outcome"),
            (with(&format!("{finding}/credit"), json!(null)), "has no credit"),
            (with(&format!("{finding}/fingerprint"), json!("12")), "is no fingerprint"),
            (with(&format!("{finding}/fingerprint"), json!("é".repeat(16))), "is no fingerprint"),
            (with(&format!("{finding}/subject/kind"), json!("planet")), "no kind of subject"),
            (with(&format!("{finding}/subject/key"), json!("dataset:x")), "no collection"),
            (with(&format!("{finding}/sources"), json!([])), "names no source"),
            (with("/baselines", json!([])), "has no baseline"),
            (with("/baselines/0/score/posture", json!(99.0)), "does not follow from its findings"),
            (with(&format!("{finding}/outcome"), json!("pass")), "does not fit its outcome"),
            (with(&format!("{finding}/check"), json!("a\"><img")), "is no id of a check"),
            (with("/tool/version", json!("1<b>")), "is no version"),
            (with("/baselines/0/digest", json!("`x")), "is no digest"),
            (with(&format!("{finding}/evidence/0/request"), json!("/x")), "has the request"),
        ] {
            let error = read(&text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
        let fault = read(&with(&format!("{finding}/outcome"), json!("maybe"))).unwrap_err();
        assert!(fault.to_string().contains("baseline recommended, finding of a-fail"), "{fault}");
    }

    #[test]
    fn members_of_a_later_version_are_passed_over() {
        let mut later: Value = serde_json::from_str(&text(&super::super::tests::full())).unwrap();
        later["baselines"][0]["findings"][0]["later"] = json!({"a": 1});
        later["later"] = json!(true);
        assert!(read(&later.to_string()).is_ok());
    }
}
