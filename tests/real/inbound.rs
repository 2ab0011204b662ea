//! Postfix as a server.
