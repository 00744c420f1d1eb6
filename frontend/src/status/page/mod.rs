//! The status page: one file that needs no other, and `/status.json`, which it asks every other second.
//!
//! Nothing that anybody sent is ever markup: the page is the same for everybody, and its script puts what it is told into texts. The
//! Content-Security-Policy says the rest: no script and no style but these two, by their hashes; nothing from elsewhere; no forms; in
//! nobody's frame.

use super::StatusBoard;
use crate::http::{Access, Response, Routes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Adds `/status.json`.
///
/// ```
/// # use keyway_frontend::http::Routes;
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::{Policy, Server, ServerConfig};
/// # let mut config = ServerConfig::new(Policy::default());
/// # config.listen = vec![([127, 0, 0, 1], 0).into()];
/// let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
/// let mut routes = Routes::new();
/// keyway_frontend::status::add_status(&mut routes, server.status_board().clone());
/// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/status.json"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add_status(routes: &mut Routes, board: StatusBoard) {
    routes.add("/status.json", Access::TokenHolders, move |_| match serde_json::to_vec(&*board.status()) {
        Ok(json) => {
            Response::of("application/json", json).with_header("Cross-Origin-Resource-Policy", "same-origin")
        }
        Err(error) => {
            // Numbers and texts always become JSON.
            debug_assert!(false, "{error}");
            Response::text("cannot be told\n").with_status(crate::http::HttpStatus::ServiceUnavailable)
        }
    });
}

/// Adds `/`, the page, and `/status.json`, which it needs.
///
/// ```
/// # use keyway_frontend::http::Routes;
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::{Policy, Server, ServerConfig};
/// # let mut config = ServerConfig::new(Policy::default());
/// # config.listen = vec![([127, 0, 0, 1], 0).into()];
/// let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
/// let mut routes = Routes::new();
/// keyway_frontend::status::add_page(&mut routes, server.status_board().clone());
/// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/", "/status.json"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add_page(routes: &mut Routes, board: StatusBoard) {
    add_status(routes, board);
    let page = HTML.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
    let policy = policy();
    routes.add("/", Access::TokenHolders, move |_| {
        Response::of("text/html; charset=utf-8", page.as_bytes())
            .with_header("Content-Security-Policy", policy.as_str())
            .with_header("Cross-Origin-Opener-Policy", "same-origin")
            .with_header("Cross-Origin-Resource-Policy", "same-origin")
            .with_header("Referrer-Policy", "no-referrer")
            .with_header("X-Frame-Options", "DENY")
    });
}

/// Content Security Policy Level 3, sections 6.1 and 6.7.
fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_its_style_and_script_in_it_and_asks_for_nothing_else() {
        let page = HTML.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
        assert!(page.contains(&format!("<style>{STYLE}</style>")), "what is hashed is all that stands there");
        assert!(page.contains(&format!("<script>{SCRIPT}</script>")));
        assert_eq!((page.matches("<style").count(), page.matches("<script").count()), (1, 1));
        for elsewhere in ["http:", "https:", "src=\"/", "@import", "url("] {
            assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(elsewhere), "{elsewhere}");
        }
        // What would make markup of a text.
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
        for attribute in [" onclick", " onload", " onerror", " style=\""] {
            assert!(!HTML.contains(attribute), "the policy lets no {attribute} through");
        }
    }

    #[test]
    fn the_policy_names_both_by_hash_and_lets_nothing_else_in() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }
}
