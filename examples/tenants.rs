//! A web service with a namespace for each of its tenants: the same keys, other data, and nobody pushes out what is reserved for
//! somebody else.
//!
//! `cargo run --release --example tenants`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Namespace, Refusal, Role, Session, Users};
use std::{collections::HashMap, error::Error};

const MIB: usize = 1 << 20;

/// What the service keeps for each tenant that it serves: a session, which knows the tenant's namespace.
struct Service {
    cache: Cache,
    tenants: HashMap<String, Session>,
}

impl Service {
    fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { cache: Cache::new(Config::new(32 * MIB), Users::new())?, tenants: HashMap::new() })
    }

    /// A tenant has paid for so much of the cache, and may use up to four times that while others do not.
    fn admit(&mut self, tenant: &str, paid_for: usize) -> Result<(), Box<dyn Error>> {
        let mut namespace = Namespace::new(tenant);
        namespace.reserve = paid_for;
        namespace.ceiling = Some(4 * paid_for);
        self.cache.namespaces().add(namespace)?;
        self.cache.users().add_trusted(tenant, Role::ReadWrite)?;
        self.cache.users().set_namespace(tenant, Some(tenant))?;
        self.tenants.insert(tenant.to_owned(), self.cache.session_for(tenant)?);
        Ok(())
    }

    /// When this returns, nothing of the tenant's is left, and no request that is still under way can store anything.
    fn dismiss(&mut self, tenant: &str) -> Result<(), Box<dyn Error>> {
        self.cache.namespaces().remove(tenant)?;
        self.tenants.remove(tenant);
        Ok(self.cache.users().remove(tenant)?)
    }

    /// A request, whose handler need not know that there are other tenants.
    fn page(&self, tenant: &str, path: &str) -> Result<String, Refusal> {
        let Some(session) = self.tenants.get(tenant) else { return Err(Refusal::Revoked) };
        if let Some(page) = session.get(path)? {
            return Ok(format!("{} (cached)", page.escape_ascii()));
        }
        let page = format!("{path} of {tenant}");
        session.set(path, page.as_str())?;
        Ok(page)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut service = Service::new()?;
    service.admit("acme", 4 * MIB)?;
    service.admit("globex", 4 * MIB)?;
    println!("{}", service.page("acme", "/")?);
    println!("{}", service.page("acme", "/")?);
    println!("{}", service.page("globex", "/")?);

    // Acme's working set fits into what it paid for.
    let paths: Vec<String> = (0..20_000).map(|number| format!("/page/{number}")).collect();
    for path in &paths {
        service.page("acme", path)?;
    }
    // Globex is crawled, by a robot that never comes to an end.
    for number in 0..500_000 {
        service.page("globex", &format!("/search?page={number}"))?;
    }
    let still =
        paths.iter().filter(|path| service.page("acme", path).is_ok_and(|it| it.ends_with("(cached)")));
    println!("acme has {} of {} pages", still.count(), paths.len());
    for of in service.cache.namespaces().stats() {
        let name = if of.namespace.name.is_empty() { "(main)" } else { &of.namespace.name };
        println!(
            "{name:>8}: {:>8} items, {:>4} KiB of at most {}, {} evicted",
            of.stats.items,
            of.stats.bytes >> 10,
            of.stats.budget >> 10,
            of.stats.evictions
        );
    }

    service.dismiss("globex")?;
    println!("after globex left: {:?}", service.page("globex", "/").err());
    Ok(())
}
