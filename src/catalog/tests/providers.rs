//! Which provider a host belongs to.

use crate::catalog::{Catalog, Providers, ProvidersError};

#[test]
fn hosts_of_large_providers_and_smarthosts_are_known() {
    let table = Providers::embedded();
    for (host, expected) in [
        ("smtp.gmail.com", "google"),
        ("smtp-relay.gmail.com", "google"),
        ("aspmx.l.google.com", "google"),
        ("smtp.office365.com", "microsoft"),
        ("example-com.mail.protection.outlook.com", "microsoft"),
        ("example-com.a-v1.mx.microsoft", "microsoft"),
        ("hotmail-com.olc.protection.outlook.com", "microsoft"),
        ("mta5.am0.yahoodns.net", "yahoo"),
        ("mx01.mail.icloud.com", "apple"),
        ("inbound.mailchannels.net", "mailchannels"),
        ("smtp.mailchannels.net", "mailchannels"),
        ("mail.smtp2go.com", "smtp2go"),
        ("smtp.elasticemail.com", "elasticemail"),
        ("smtp.sendgrid.net", "sendgrid"),
        ("smtp.eu.mailgun.org", "mailgun"),
        ("in-v3.mailjet.com", "mailjet"),
        ("smtp.postmarkapp.com", "postmark"),
        ("email-smtp.eu-west-1.amazonaws.com", "amazon_ses"),
        ("inbound-smtp.us-east-1.amazonaws.com", "amazon_ses"),
        ("ec2-192-0-2-1.eu-west-1.compute.amazonaws.com", "other"),
        ("mx.example.com.cust.a.hostedemail.com", "hostedemail"),
        ("cxr.mx.a.cloudfilter.net", "cloudfilter"),
        ("emig.freenet.de", "freenet"),
        ("mx.ziggo.nl", "ziggo"),
        ("msx-mx.hinet.net", "hinet"),
        ("mx1.feishu.cn", "feishu"),
        ("mx2.larksuite.com", "feishu"),
        ("mx3.qq.com", "tencent"),
        ("mxbiz1.qq.com", "tencent"),
        ("163mx01.mxmail.netease.com", "netease"),
        ("qiye163mx01.mxmail.netease.com", "netease"),
        ("mxn.mxhichina.com", "alibaba"),
        ("mx1.qiye.aliyun.com", "alibaba"),
        ("freemx1.sinamail.sina.com.cn", "sina"),
        ("sohumx.h.a.sohu.com", "sohu"),
        ("mx1.mail.139.com", "chinamobile"),
        ("mta-189.21cn.com", "chinatelecom"),
        ("mx.wo.cn", "chinaunicom"),
        ("mx.icoremail.net", "coremail"),
        ("mxw.263.net", "mail_263"),
        ("mxs.mail.ru", "mailru"),
        ("mx.yandex.ru", "yandex"),
        ("mx00.gmx.net", "gmx"),
        ("mx-ha02.web.de", "gmx"),
        ("mx00.kundenserver.de", "ionos"),
        ("mx00.t-online.de", "t_online"),
        ("smtp-in.orange.fr", "orange"),
        ("mx1.free.fr", "free"),
        ("smtpz4.laposte.net", "laposte"),
        ("mx1.mail.ovh.net", "ovh"),
        ("mx1.comcast.net", "comcast"),
        ("mx0.charter.net", "charter"),
        ("al-ip4-mx-vip1.prodigy.net", "att"),
        ("mx1.emailsrvr.com", "rackspace"),
        ("mx.zoho.eu", "zoho"),
        ("in1-smtp.messagingengine.com", "fastmail"),
        ("mail.protonmail.ch", "proton"),
        ("mx0a-00000000.pphosted.com", "proofpoint"),
        ("eu-smtp-inbound-1.mimecast.com", "mimecast"),
        ("d1.a.ess.uk.barracudanetworks.com", "barracuda"),
        ("mx1.example.iphmx.com", "cisco"),
        ("cluster1.eu.messagelabs.com", "broadcom"),
        ("smtp-in.libero.it", "libero"),
        ("mx.aruba.it", "aruba"),
        ("mx1.seznam.cz", "seznam"),
        ("mx.wp.pl", "wp_pl"),
        ("mx.poczta.onet.pl", "onet"),
        ("mx.interia.pl", "interia"),
        ("mx1.naver.com", "naver"),
        ("mx1.hanmail.net", "daum"),
        ("mfsmax.docomo.ne.jp", "docomo"),
        ("mx.au.com", "kddi"),
        ("mx.softbank.jp", "softbank"),
        ("mx.biglobe.ne.jp", "biglobe"),
        ("mx.ocn.ad.jp", "ocn"),
        ("mx.rediffmail.com", "rediffmail"),
        ("mx.uol.com.br", "uol"),
        ("extmail.bigpond.com", "telstra"),
        ("mx.shaw.ca", "shaw"),
        ("mx.sympatico.ca", "bell"),
    ] {
        assert_eq!(table.name(table.of(host.as_bytes())), expected, "{host}");
    }
}

#[test]
fn loopback_addresses_and_names_are_a_provider_of_their_own() {
    let table = Providers::embedded();
    for host in [
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "localhost",
        "localhost.localdomain",
    ] {
        assert_eq!(table.name(table.of(host.as_bytes())), "loopback", "{host}");
    }
    for host in [
        "128.0.0.1",
        "127.example.com",
        "::11",
        "localhost.example.com",
        "1",
    ] {
        assert_eq!(table.name(table.of(host.as_bytes())), "other", "{host}");
    }
    assert_eq!(table.name(table.loopback()), "loopback");
}

#[test]
fn providers_match_by_suffix_on_a_label_boundary() {
    let extra = [("example_mail".to_owned(), vec!["mx.example.net".to_owned()])];
    let table = Providers::with(Catalog::embedded(), &extra).unwrap();
    let name = |host: &str| table.name(table.of(host.as_bytes())).to_owned();
    assert_eq!(name("ASPMX.L.Google.com."), "google");
    assert_eq!(name("example-com.mail.protection.outlook.com"), "microsoft");
    assert_eq!(name("notgoogle.com"), "other");
    assert_eq!(name("google.com.example.org"), "other");
    assert_eq!(name("a.mx.example.net"), "example_mail");
    assert_eq!(name("example.net"), "other");
    assert_eq!(name(""), "other");
    assert_eq!(name(&"a.".repeat(4000)), "other");
    let wrong = [("bad".to_owned(), vec!["no domain".to_owned()])];
    assert!(matches!(
        Providers::with(Catalog::embedded(), &wrong),
        Err(ProvidersError::Suffix { .. })
    ));
}
