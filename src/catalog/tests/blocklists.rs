//! Which blocklist a reply names.

use crate::catalog::Catalog;

fn named(text: &str) -> Option<&'static str> {
    let catalog = Catalog::embedded();
    let list = catalog.blocklist_named_in(text.as_bytes())?;
    Some(&catalog.blocklists()[usize::from(list.0)].name)
}

#[test]
fn blocklists_are_found_by_their_names_and_domains() {
    for (text, expected) in [
        ("blocked using zen.spamhaus.org", "spamhaus"),
        ("is in Spamhaus's list", "spamhaus"),
        ("listed on the Policy Block List (PBL)", "spamhaus"),
        ("https://www.spamhaus.org/query/ip/192.0.2.1", "spamhaus"),
        ("blocked using cbl.abuseat.org", "abuseat_cbl"),
        ("blocked using Barracuda Reputation", "barracuda"),
        ("blocked using b.barracudacentral.org", "barracuda"),
        ("see https://www.spamcop.net/bl.shtml?192.0.2.1", "spamcop"),
        ("blocked using dnsbl.sorbs.net", "sorbs"),
        ("found in dnsbl-1.uceprotect.net", "uceprotect"),
        ("blocked using combined.mail.abusix.zone", "abusix"),
        ("listed by Invaluement", "invaluement"),
        ("blocked by ivmURI", "invaluement"),
        (
            "see https://senderscore.org/blocklistlookup/",
            "senderscore",
        ),
        (
            "Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
            "proofpoint",
        ),
        ("Cloudmark Poor Reputation Sender", "cloudmark"),
        ("blocked using Trend Micro RBL+", "trendmicro"),
        ("blocked using bl.mailspike.net", "mailspike"),
        ("blocked using psbl.surriel.com", "psbl"),
        ("blocked using ips.backscatterer.org", "backscatterer"),
        ("blocked using all.s5h.net", "s5h"),
        ("blocked using dnsbl.spfbl.net", "spfbl"),
        ("blocked using ix.dnsbl.manitu.net", "nixspam"),
        ("Black listed at hostkarma", "hostkarma"),
        ("blocked using truncate.gbudb.net", "gbudb_truncate"),
        ("blocked using dnsbl.dronebl.org", "dronebl"),
        ("blocked using all.spamrats.com", "spamrats"),
        ("blocked using RATS-Dyna", "spamrats"),
        ("blocked using bl.0spam.org", "zerospam"),
        ("blocked using db.wpbl.info", "wpbl"),
        ("blocked using ubl.unsubscore.com", "lashback"),
        ("blocked using bl.blocklist.de", "blocklist_de"),
        ("a URL is listed in multi.surbl.org", "surbl"),
        ("blocked using multi.uribl.com", "uribl"),
        ("blocked using bl.spameatingmonkey.net", "spameatingmonkey"),
        ("blocked using dnsbl.kempt.net", "kempt"),
        ("see http://ipremoval.sms.symantec.com/lookup/", "symantec"),
        (
            "see https://talosintelligence.com/reputation",
            "cisco_talos",
        ),
        (
            "part of their network is on our block list (S3150)",
            "microsoft",
        ),
        ("csi.mimecast.org Poor Reputation Sender", "mimecast"),
        ("DNSBL:ATTRBL 521< 192.0.2.1 >_is_blocked", "att"),
    ] {
        assert_eq!(named(text), Some(expected), "{text}");
        let blocklisted = crate::catalog::Catalog::embedded();
        let found = blocklisted.classify(Some(554), None, text.as_bytes());
        assert_eq!(blocklisted.condition_name(found), "blocklisted", "{text}");
    }
    assert!(Catalog::embedded().blocklists().len() >= 30);
}

#[test]
fn other_lists_addresses_and_host_names_name_no_blocklist() {
    for text in [
        "",
        "blocked using bl.example.net",
        "your IP is on our own blacklist",
        "<postmaster@spamhaus.org> is blacklisted",
        "the host spamhaus.example.net is blacklisted",
        "blocked, see https://example.com/spamcop",
    ] {
        assert_eq!(named(text), None, "{text}");
    }
}

#[test]
fn first_list_of_the_catalog_counts_and_a_name_before_a_hint() {
    assert_eq!(
        named("blocked using bl.spamcop.net and zen.spamhaus.org"),
        Some("spamhaus")
    );
    assert_eq!(
        named("Barracuda: blocked using bl.spamcop.net"),
        Some("spamcop")
    );
    assert_eq!(named("blocked by Barracuda"), Some("barracuda"));
}
