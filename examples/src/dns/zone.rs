//! Holds the embedded server's data.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Bound;

use hickory_proto::rr::rdata::{CNAME, MX, NS, SOA, TXT};
use hickory_proto::rr::{LowerName, Name, RData, Record, RecordType};

/// How long others may keep a record, in seconds.
const TTL: u32 = 3600;

/// How many addresses the big name has: too many for a datagram.
const BIG: u8 = 200;

/// How many addresses the medium name has: too many for a datagram without EDNS.
const MEDIUM: u8 = 40;

/// The domains that a server is the authority for, and their records.
#[derive(Clone, Debug)]
pub struct Zone {
    apexes: Vec<LowerName>,
    records: BTreeMap<LowerName, Vec<Record>>,
}

/// What a zone knows of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding<'a> {
    /// The name is in no domain of the zone.
    Outside,
    /// The name does not exist. The record to send with this is the domain's start of authority.
    Unknown(&'a Record),
    /// The name exists. It may have no records: names below it do.
    Known {
        /// Every record of the name.
        records: &'a [Record],
        /// The domain's start of authority, to send when none of `records` fits.
        authority: &'a Record,
    },
}

impl Zone {
    /// Makes the built-in data: `example.com` and `example.org`, with the addresses that are
    /// reserved for documentation.
    ///
    /// `big.example.com` has more addresses than a datagram holds, `medium.example.com` more than
    /// one holds without EDNS; `loop.example.com` is an alias of an alias of itself;
    /// `outside.example.com` is an alias of a name in a domain that is not in the zone.
    pub fn example() -> Self {
        let mut zone = Self {
            apexes: Vec::new(),
            records: BTreeMap::new(),
        };
        zone.add_domain("example.com");
        zone.add_domain("example.org");
        for (owner, datum) in EXAMPLE {
            zone.add(owner, datum.to_rdata());
        }
        for (owner, count) in [("big.example.com", BIG), ("medium.example.com", MEDIUM)] {
            for last in 1..=count {
                zone.add(owner, RData::from(IpAddr::from([192, 0, 2, last])));
            }
        }
        zone
    }

    /// Finds what there is of `name`, whatever its letters' case.
    pub fn find(&self, name: &Name) -> Finding<'_> {
        let name = LowerName::from(name);
        let Some(authority) = self.authority(&name) else {
            return Finding::Outside;
        };
        match self.records.get(&name) {
            Some(records) => Finding::Known { records, authority },
            None if self.has_below(&name) => Finding::Known {
                records: &[],
                authority,
            },
            None => Finding::Unknown(authority),
        }
    }

    fn authority(&self, name: &LowerName) -> Option<&Record> {
        let apex = self.apexes.iter().find(|apex| apex.zone_of(name))?;
        self.records
            .get(apex)?
            .iter()
            .find(|record| record.record_type() == RecordType::SOA)
    }

    /// Names are sorted from the root down, so that those below a name come right after it.
    fn has_below(&self, name: &LowerName) -> bool {
        let after = (Bound::Excluded(name), Bound::Unbounded);
        self.records
            .range::<LowerName, _>(after)
            .next()
            .is_some_and(|(next, _)| name.zone_of(next))
    }

    fn add_domain(&mut self, apex: &str) {
        let name_server = full(&format!("ns.{apex}"));
        let contact = full(&format!("hostmaster.{apex}"));
        self.apexes.push(LowerName::from(&full(apex)));
        self.add(
            apex,
            RData::SOA(SOA::new(
                name_server.clone(),
                contact,
                1,
                7200,
                900,
                1_209_600,
                300,
            )),
        );
        self.add(apex, RData::NS(NS(name_server)));
        self.add(
            &format!("ns.{apex}"),
            RData::from(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        );
    }

    fn add(&mut self, owner: &str, data: RData) {
        let owner = full(owner);
        let key = LowerName::from(&owner);
        self.records
            .entry(key)
            .or_default()
            .push(Record::from_rdata(owner, TTL, data));
    }
}

fn full(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("the built-in names are valid");
    name.set_fqdn(true);
    name
}

enum Datum {
    Address(&'static str),
    Alias(&'static str),
    Mail(u16, &'static str),
    Text(&'static str),
}

impl Datum {
    fn to_rdata(&self) -> RData {
        match *self {
            Self::Address(address) => RData::from(
                address
                    .parse::<IpAddr>()
                    .expect("the built-in addresses are valid"),
            ),
            Self::Alias(target) => RData::CNAME(CNAME(full(target))),
            Self::Mail(preference, exchange) => RData::MX(MX::new(preference, full(exchange))),
            Self::Text(text) => RData::TXT(TXT::new(vec![text.to_owned()])),
        }
    }
}

const EXAMPLE: &[(&str, Datum)] = &[
    ("example.com", Datum::Address("192.0.2.10")),
    ("example.com", Datum::Address("2001:db8::10")),
    ("example.com", Datum::Mail(20, "backup.example.com")),
    ("example.com", Datum::Mail(10, "mail.example.com")),
    ("mail.example.com", Datum::Address("192.0.2.25")),
    ("mail.example.com", Datum::Address("2001:db8::25")),
    ("backup.example.com", Datum::Address("192.0.2.26")),
    ("www.example.com", Datum::Alias("example.com")),
    ("org.example.com", Datum::Alias("www.example.org")),
    ("text.example.com", Datum::Text("no address here")),
    ("deep.below.example.com", Datum::Address("192.0.2.30")),
    ("loop.example.com", Datum::Alias("pool.example.com")),
    ("pool.example.com", Datum::Alias("loop.example.com")),
    ("outside.example.com", Datum::Alias("www.example.net")),
    ("example.org", Datum::Address("198.51.100.10")),
    ("example.org", Datum::Address("2001:db8:1::10")),
    ("www.example.org", Datum::Alias("example.org")),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn records(name: &str) -> Option<usize> {
        match Zone::example().find(&full(name)) {
            Finding::Known { records, .. } => Some(records.len()),
            Finding::Unknown(_) | Finding::Outside => None,
        }
    }

    #[test]
    fn names_are_found_whatever_their_case() {
        assert_eq!(records("mail.example.com"), Some(2));
        assert_eq!(records("MAIL.Example.COM"), Some(2));
        assert_eq!(records("big.example.com"), Some(BIG.into()));
    }

    #[test]
    fn a_name_exists_when_names_below_it_do() {
        assert_eq!(records("below.example.com"), Some(0));
        assert_eq!(records("low.example.com"), None);
        assert_eq!(records("elow.example.com"), None);
    }

    #[test]
    fn the_authority_is_that_of_the_name_s_own_domain() {
        let zone = Zone::example();
        for (name, apex) in [
            ("no.example.com", "example.com"),
            ("a.b.example.org", "example.org"),
        ] {
            assert!(
                matches!(zone.find(&full(name)), Finding::Unknown(a) if *a.name() == full(apex)),
                "{name}"
            );
        }
        for outside in ["com", "example.net", "notexample.com", "."] {
            assert_eq!(zone.find(&full(outside)), Finding::Outside, "{outside}");
        }
    }
}
