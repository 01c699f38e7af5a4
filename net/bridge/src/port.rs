//! What a listener of the data bridge speaks.

use std::net::SocketAddr;
use std::sync::Arc;

use riddhi_edge::{Protocol, Service};
use riddhi_wire::databridge::thrift;

use crate::binary::Binary;
use crate::bridge::Bridge;
use crate::connection::Connection;
use crate::thrift::Thrift;

/// A protocol of the data bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Binary: all requests on any port.
    Binary,
    /// Thrift: log-in and log-out only by the secure service.
    Thrift(thrift::Service),
}

/// What a listener of the data bridge does with connections.
pub struct BridgePort {
    bridge: Arc<Bridge>,
    speaks: Speaks,
}

impl BridgePort {
    /// Connections of this protocol.
    pub fn new(bridge: &Arc<Bridge>, speaks: Speaks) -> BridgePort {
        BridgePort { bridge: bridge.clone(), speaks }
    }
}

impl Service for BridgePort {
    fn accept(&self, _: SocketAddr) -> Box<dyn Protocol> {
        match self.speaks {
            Speaks::Binary => Box::new(Connection::new(self.bridge.clone(), Binary)),
            Speaks::Thrift(service) => Box::new(Connection::new(self.bridge.clone(), Thrift::new(service))),
        }
    }

    /// Binary publishers take an orderly end for success.
    fn resets(&self) -> bool {
        self.speaks == Speaks::Binary
    }

    /// Binary publishers leave Nagle's algorithm on and write in pieces.
    fn acknowledges_at_once(&self) -> bool {
        self.speaks == Speaks::Binary
    }
}
