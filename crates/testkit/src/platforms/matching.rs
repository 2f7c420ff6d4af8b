//! Words in texts, and moments as text. Must not know any platform.

/// Gives the words of a text in lower case: runs of letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|character: char| !character.is_alphanumeric());
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Says whether all words of the question are among the words of the texts.
pub(super) fn has_words(question: &str, texts: &[&str]) -> bool {
    let there: Vec<String> = texts.iter().flat_map(|text| words(text)).collect();
    words(question).iter().all(|word| there.contains(word))
}

/// Says whether each blank-separated part of the question is somewhere in one of the texts, be it inside a word; what stands in quotation
/// marks is one part.
pub(super) fn has_parts(question: &str, texts: &[&str]) -> bool {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let question = question.to_lowercase();
    let inside = |part: &str| texts.iter().any(|text| text.contains(part));
    let phrases = question.split('"').enumerate();
    phrases.into_iter().all(|(place, text)| match place % 2 {
        1 => inside(text),
        _ => text.split_whitespace().all(inside),
    })
}

/// Writes a text as part of an address: lower case, hyphens between words.
pub(super) fn slug(text: &str) -> String {
    words(&text.replace("++", "pp")).join("-")
}

/// Writes a moment as `2026-11-01T12:00:00Z` (RFC 3339).
pub(super) fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Writes a moment as HTTP headers have it (RFC 9110, 5.6.7).
pub(super) fn http_date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (weekday, month) = (DAYS[(days % 7) as usize], MONTHS[month as usize - 1]);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Turns days since 1970-01-01 into a date, counting in years that begin in March so that leap days come last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_dates() {
        let check = |seconds: u64, expected: &str| assert_eq!(rfc3339(seconds), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_793_491_200, "2026-11-01T00:00:00Z");
        assert_eq!(http_date(1_793_491_200), "Sun, 01 Nov 2026 00:00:00 GMT");
    }

    #[test]
    fn words_match_whole_and_parts_anywhere() {
        let texts = ["swift-HTTP-client", "for Python"];
        assert!(has_words("http PYTHON", &texts));
        assert!(!has_words("http pyth", &texts));
        assert!(has_parts("http pyth", &texts));
        assert!(!has_parts("http ruby", &texts));
        assert!(has_parts("http \"for python\"", &texts));
        assert!(!has_parts("\"python for\"", &texts));
    }
}
