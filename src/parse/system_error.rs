//! The system's words for a connection that failed (`strerror`), which mail servers quote.

use memchr::memmem;

use crate::parse::kinds::ConnectError;

/// The connection error that a text begins with, whatever the case of its first letter.
pub(in crate::parse) fn connect_error(text: &[u8]) -> Option<ConnectError> {
    const WORDS: [(&[u8], ConnectError); 17] = [
        (b"onnection refused", ConnectError::Refused),
        (b"onnection timed out", ConnectError::TimedOut),
        (b"peration timed out", ConnectError::TimedOut),
        (b"he operation timed out", ConnectError::TimedOut),
        (b"o route to host", ConnectError::Unreachable),
        (b"etwork is unreachable", ConnectError::Unreachable),
        (b"etwork unreachable", ConnectError::Unreachable),
        (b"ost is unreachable", ConnectError::Unreachable),
        (b"ost unreachable", ConnectError::Unreachable),
        (b"etwork is down", ConnectError::Unreachable),
        (b"ost is down", ConnectError::Unreachable),
        (b"onnection reset by peer", ConnectError::Reset),
        (b"roken pipe", ConnectError::Reset),
        (b"annot assign requested address", ConnectError::Unreachable),
        (b"an't assign requested address", ConnectError::Unreachable),
        (b"ddress family not supported", ConnectError::Unreachable),
        (b"ermission denied", ConnectError::Other),
    ];
    let text = text.get(1..)?;
    let found = WORDS.iter().find(|(words, _)| text.starts_with(words));
    found.map(|&(_, error)| error)
}

/// The connection error that a text names in another language: the words of glibc, up to an apostrophe, since programs
/// replace that in logs.
pub(in crate::parse) fn translated_error(text: &[u8]) -> Option<ConnectError> {
    const WORDS: [(&str, ConnectError); 65] = [
        ("Verbindungsaufbau abgelehnt", ConnectError::Refused),
        ("Conexión rehusada", ConnectError::Refused),
        ("Connexion refusée", ConnectError::Refused),
        ("Connessione rifiutata", ConnectError::Refused),
        ("Verbinding is geweigerd", ConnectError::Refused),
        ("Połączenie odrzucone", ConnectError::Refused),
        ("Conexão recusada", ConnectError::Refused),
        ("В соединении отказано", ConnectError::Refused),
        ("Förbindelsen förvägrad", ConnectError::Refused),
        ("єднанні відмовлено", ConnectError::Refused),
        ("拒绝连接", ConnectError::Refused),
        ("連線被拒絕", ConnectError::Refused),
        ("接続を拒否されました", ConnectError::Refused),
        (
            "Die Wartezeit für die Verbindung ist abgelaufen",
            ConnectError::TimedOut,
        ),
        ("Expiró el tiempo de conexión", ConnectError::TimedOut),
        (
            "Connexion terminée par expiration du délai d",
            ConnectError::TimedOut,
        ),
        ("Connessione scaduta", ConnectError::TimedOut),
        ("Verbinding is verlopen", ConnectError::TimedOut),
        (
            "Przekroczony czas oczekiwania na połączenie",
            ConnectError::TimedOut,
        ),
        ("Tempo esgotado para conexão", ConnectError::TimedOut),
        ("Время ожидания соединения истекло", ConnectError::TimedOut),
        ("Förbindelsens tidsgräns löpte ut", ConnectError::TimedOut),
        ("Перевищено інтервал очікування з", ConnectError::TimedOut),
        ("连接超时", ConnectError::TimedOut),
        ("連線超過時間", ConnectError::TimedOut),
        ("接続がタイムアウトしました", ConnectError::TimedOut),
        ("Keine Route zum Zielrechner", ConnectError::Unreachable),
        ("No existe ninguna ruta hasta el", ConnectError::Unreachable),
        ("Aucun chemin d", ConnectError::Unreachable),
        ("Nessun instradamento per l", ConnectError::Unreachable),
        ("Geen route naar host", ConnectError::Unreachable),
        ("Brak trasy do hosta", ConnectError::Unreachable),
        ("Não há rota para o host", ConnectError::Unreachable),
        ("Нет маршрута до узла", ConnectError::Unreachable),
        ("Ingen väg till värd", ConnectError::Unreachable),
        ("Немає маршруту до вузла", ConnectError::Unreachable),
        ("没有到主机的路由", ConnectError::Unreachable),
        ("找不到通往該主機的路由路徑", ConnectError::Unreachable),
        ("ホストへの経路がありません", ConnectError::Unreachable),
        (
            "Das Netzwerk ist nicht erreichbar",
            ConnectError::Unreachable,
        ),
        ("La red es inaccesible", ConnectError::Unreachable),
        ("est pas accessible", ConnectError::Unreachable),
        ("La rete non è raggiungibile", ConnectError::Unreachable),
        ("Netwerk is onbereikbaar", ConnectError::Unreachable),
        ("Sieć jest niedostępna", ConnectError::Unreachable),
        ("A rede está fora de alcance", ConnectError::Unreachable),
        ("Сеть недоступна", ConnectError::Unreachable),
        ("Nätverket kan inte nås", ConnectError::Unreachable),
        (
            "Не вдалося отримати доступ до мережі",
            ConnectError::Unreachable,
        ),
        ("网络不可达", ConnectError::Unreachable),
        ("無法接觸網路", ConnectError::Unreachable),
        ("ネットワークに届きません", ConnectError::Unreachable),
        (
            "Die Verbindung wurde vom Kommunikationspartner zurückgesetzt",
            ConnectError::Reset,
        ),
        (
            "Conexión reinicializada por la máquina remota",
            ConnectError::Reset,
        ),
        (
            "Connexion ré-initialisée par le correspondant",
            ConnectError::Reset,
        ),
        (
            "Connessione interrotta dal corrispondente",
            ConnectError::Reset,
        ),
        ("Verbinding is weggevallen", ConnectError::Reset),
        ("Połączenie zerwane przez drugą stronę", ConnectError::Reset),
        ("Conexão fechada pela outra ponta", ConnectError::Reset),
        ("Соединение разорвано другой стороной", ConnectError::Reset),
        ("Förbindelse borttagen av partnern", ConnectError::Reset),
        ("Вузол розірвав з", ConnectError::Reset),
        ("连接被对方重设", ConnectError::Reset),
        ("連線被對方重設", ConnectError::Reset),
        ("接続が相手からリセットされました", ConnectError::Reset),
    ];
    let found = WORDS
        .iter()
        .find(|(words, _)| memmem::find(text, words.as_bytes()).is_some());
    found.map(|&(_, error)| error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_system_are_known_in_both_cases() {
        let code = |text: &[u8]| connect_error(text).and_then(ConnectError::code);
        assert_eq!(code(b"Connection refused"), Some(111));
        assert_eq!(code(b"connection refused"), Some(111));
        assert_eq!(code(b"No route to host (113)"), Some(101));
        assert_eq!(
            connect_error(b"Connection reset by peer"),
            Some(ConnectError::Reset)
        );
        assert_eq!(code(b"Connection reset by peer"), None);
        for text in [&b""[..], b"C", b"421 Connection refused", b"xx"] {
            assert_eq!(connect_error(text), None);
        }
    }

    #[test]
    fn words_of_the_system_are_known_in_other_languages() {
        for (text, error) in [
            (
                "Verbindung zu mx, Port 25 kann nicht hergestellt werden: Verbindungsaufbau abgelehnt",
                ConnectError::Refused,
            ),
            ("无法连接到 mx，端口 25：连接超时", ConnectError::TimedOut),
            (
                "erreur de connexion à mx, port 25 : Aucun chemin d?accès pour atteindre l?hôte cible",
                ConnectError::Unreachable,
            ),
        ] {
            assert_eq!(translated_error(text.as_bytes()), Some(error), "{text}");
        }
        assert_eq!(translated_error("拒绝".as_bytes()), None);
        assert_eq!(translated_error(b"Connection refused"), None);
    }
}
