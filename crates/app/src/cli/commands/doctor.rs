//! `synthesizer doctor`: whether the programs and folders that are needed are there, and whether the platforms answer.

use synthesizer_engine::operations::doctor::DoctorReport;
use synthesizer_model::Failure;

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

/// Runs the command.
pub(super) async fn run(session: &Session) -> Result<Answer, Failure> {
    let report = session.engine.doctor(&session.call).await;
    Ok(Answer {
        document: document(&report, &session.call.correlation_id)?,
        text: render(&report),
        status: u8::from(!report.healthy),
    })
}

fn render(report: &DoctorReport) -> String {
    let mut page = Page::default();
    page.heading("Doctor");
    let verdict = if report.healthy {
        "everything that is needed is there"
    } else {
        "something that is needed is missing"
    };
    page.verdict(report.healthy, verdict);
    let rows = report
        .checks
        .iter()
        .map(|check| {
            vec![
                check.name.clone(),
                check.status.clone(),
                check.detail.clone(),
                check.hint.clone().unwrap_or_default(),
            ]
        })
        .collect();
    page.table("Checks", &["check", "status", "detail", "what to do"], rows);
    page.into_text()
}
