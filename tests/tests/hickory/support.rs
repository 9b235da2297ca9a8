//! Resolvers, and reactors that a test turns by hand.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use crochet::hickory::HickoryRuntime;
use crochet::{Budget, Reactor};
use hickory_resolver::Resolver;
use hickory_resolver::config::{
    NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::name_server::GenericConnector;
use hickory_resolver::proto::xfer::Protocol;

pub(crate) type ReactorResolver = Resolver<GenericConnector<HickoryRuntime>>;

/// A free port of this machine.
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

/// Makes a resolver that asks these servers in this order, each for a minute, and remembers nothing.
pub(crate) fn resolver(servers: &[SocketAddr]) -> ReactorResolver {
    resolver_with(servers, |_| {})
}

/// Makes a resolver with some options changed.
pub(crate) fn resolver_with(
    servers: &[SocketAddr],
    change: impl FnOnce(&mut ResolverOpts),
) -> ReactorResolver {
    let udp = |server: &SocketAddr| NameServerConfig::new(*server, Protocol::Udp);
    let tcp = |server: &SocketAddr| NameServerConfig::new(*server, Protocol::Tcp);
    let servers = servers.iter().flat_map(|server| [udp(server), tcp(server)]);
    resolver_of(servers, change)
}

/// Makes a resolver that asks this server over TCP alone.
pub(crate) fn resolver_over_tcp(server: SocketAddr) -> ReactorResolver {
    resolver_of([NameServerConfig::new(server, Protocol::Tcp)], |_| {})
}

fn resolver_of(
    servers: impl IntoIterator<Item = NameServerConfig>,
    change: impl FnOnce(&mut ResolverOpts),
) -> ReactorResolver {
    let mut config = ResolverConfig::new();
    for server in servers {
        config.add_name_server(server);
    }
    let connector = GenericConnector::new(HickoryRuntime);
    let mut builder = Resolver::builder_with_config(config, connector);
    let options = builder.options_mut();
    options.timeout = Duration::from_secs(60);
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.num_concurrent_reqs = 1;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    change(options);
    builder.build()
}

/// Turns a reactor until `done` says so.
pub(crate) fn turn_until(reactor: &mut Reactor, mut done: impl FnMut(&Reactor) -> bool) {
    while !done(reactor) {
        reactor.turn(Budget::default()).expect("it turns");
    }
}

/// Returns how many tasks, timers and sources a reactor has.
pub(crate) fn holdings(reactor: &Reactor) -> (usize, usize, usize) {
    let snapshot = reactor.snapshot();
    (snapshot.tasks.len(), snapshot.timers, snapshot.sources)
}
