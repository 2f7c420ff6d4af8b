//! Repositories as GitHub writes them, with every field that its published description requires. Must not decide what is found.

use serde_json::{Map, Value, json};

use super::{catalogue::Listing, matching::rfc3339};

/// Fields that hold an address of the API below the repository, and what follows the repository's own address there.
const PLACES: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    (
        "notifications_url",
        "/notifications{?since,all,participating}",
    ),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// The same for the owner.
const OWNER_PLACES: [(&str, &str); 10] = [
    ("events_url", "/events{/privacy}"),
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("organizations_url", "/orgs"),
    ("received_events_url", "/received_events"),
    ("repos_url", "/repos"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("url", ""),
];

/// Writes a repository as an entry of a search.
pub(super) fn search_item(listing: &Listing, base: &str) -> Value {
    let mut fields = repository(listing, base);
    fields.insert("score".to_owned(), json!(1.0));
    Value::Object(fields)
}

/// Writes a repository as the answer to a look-up.
pub(super) fn full_repository(listing: &Listing, base: &str) -> Value {
    let mut fields = repository(listing, base);
    fields.insert("temp_clone_token".to_owned(), Value::Null);
    fields.insert("network_count".to_owned(), json!(listing.forks));
    fields.insert("subscribers_count".to_owned(), json!(listing.stars / 40));
    Value::Object(fields)
}

fn repository(listing: &Listing, base: &str) -> Map<String, Value> {
    let full_name = listing.full_name();
    let page = listing.page();
    let homepage = listing.links.first();
    let description = listing.description.as_deref();
    let fields = json!({
        "id": listing.id,
        "node_id": format!("R_{:x}", listing.id),
        "name": listing.name,
        "full_name": full_name,
        "private": listing.private,
        "owner": owner(listing, base),
        "html_url": page,
        "description": description,
        "fork": listing.fork,
        "created_at": rfc3339(listing.created),
        "updated_at": rfc3339(listing.updated),
        "pushed_at": rfc3339(listing.updated),
        "git_url": format!("git://github.com/{full_name}.git"),
        "ssh_url": format!("git@github.com:{full_name}.git"),
        "clone_url": format!("{page}.git"),
        "svn_url": page,
        "homepage": homepage,
    });
    let (Value::Object(mut fields), Value::Object(more)) = (fields, circumstances(listing, base))
    else {
        unreachable!("objects were written above");
    };
    fields.extend(more);
    for (name, rest) in PLACES {
        let url = format!("{base}/repos/{full_name}{rest}");
        fields.insert(name.to_owned(), Value::String(url));
    }
    fields
}

/// Writes what is counted, allowed and declared.
fn circumstances(listing: &Listing, base: &str) -> Value {
    json!({
        "size": listing.id % 90_000,
        "stargazers_count": listing.stars,
        "watchers_count": listing.stars,
        "language": listing.language,
        "has_issues": !listing.archived,
        "has_projects": true,
        "has_downloads": true,
        "has_wiki": true,
        "has_pages": false,
        "has_discussions": false,
        "forks_count": listing.forks,
        "mirror_url": null,
        "archived": listing.archived,
        "disabled": false,
        "open_issues_count": listing.open_issues,
        "license": listing.license.map(|spdx| license(spdx, base)),
        "allow_forking": true,
        "is_template": false,
        "web_commit_signoff_required": false,
        "topics": listing.topics,
        "visibility": if listing.private { "private" } else { "public" },
        "forks": listing.forks,
        "open_issues": listing.open_issues,
        "watchers": listing.stars,
        "default_branch": "main",
    })
}

fn owner(listing: &Listing, base: &str) -> Value {
    let login = &listing.owner;
    let id = login
        .bytes()
        .fold(7_000_u64, |sum, byte| sum * 3 % 9_999_991 + u64::from(byte));
    let mut fields = json!({
        "login": login,
        "id": id,
        "node_id": format!("U_{id:x}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "gravatar_id": "",
        "html_url": format!("https://github.com/{login}"),
        "type": "Organization",
        "user_view_type": "public",
        "site_admin": false,
    });
    for (name, rest) in OWNER_PLACES {
        fields[name] = Value::String(format!("{base}/users/{login}{rest}"));
    }
    fields
}

fn license(spdx: &str, base: &str) -> Value {
    let key = spdx.to_lowercase();
    match spdx {
        "NOASSERTION" => json!({
            "key": "other",
            "name": "Other",
            "spdx_id": spdx,
            "url": null,
            "node_id": "L_other",
        }),
        _ => json!({
            "key": key,
            "name": format!("{spdx} License"),
            "spdx_id": spdx,
            "url": format!("{base}/licenses/{key}"),
            "node_id": format!("L_{key}"),
        }),
    }
}
