import AlarmModel

/// How one port is reached: opened, looked after and left. One object a port, in the file of its
/// kind; ``PortLoop`` knows nothing of a kind but this.
protocol WayIn: AnyObject {
    var slot: PortSlot { get }

    /// A device that can be plugged in: tried again when the devices have changed.
    var isDevice: Bool { get }

    /// This machine alone opens it, so that it is soon known whether it can be.
    var isLocal: Bool { get }

    /// The time has come that the slot names: opens what waits, gives up what takes too long, looks
    /// after what is open.
    func attend(_ now: MonotonicTime)

    /// A descriptor of its own is ready, and so many bytes may be read.
    func serve(_ token: UInt64, _ share: Int)

    /// A channel of it was closed. Where that was all it had, it waits for what brings it back.
    func ended(_ reason: PortCloseReason)

    /// Reading goes on after a pause.
    func resume()

    /// Lets go of whatever it has beside channels: the port is not wanted any more.
    func abandon()

    /// Beside those that all have.
    var counts: [PortStatus.Counter] { get }
}

/// For those that have nothing but a channel.
extension WayIn {
    var isDevice: Bool { false }
    var isLocal: Bool { false }
    func serve(_ token: UInt64, _ share: Int) {}
    func resume() {}
    func abandon() {}
    var counts: [PortStatus.Counter] { [] }
}

/// What a way in asks of the loop that serves it.
protocol PortHost: AnyObject {
    var events: (any PortEvents)? { get }
    var epoll: Epoll { get }
    var errands: Errands { get }
    var devices: DeviceTable { get }
    var nodes: NodeBook { get }
    var calls: NodeCalls { get }
    var isPaused: Bool { get }

    /// For the next channel.
    func nextHandle() -> PortHandle

    /// Nil when it is not open any more.
    func channel(_ handle: PortHandle) -> Channel?

    /// The channel is open, and its slot is in the stage that fits.
    func open(_ channel: Channel, of slot: PortSlot, _ id: PortID, path: String)

    func retire(_ channel: Channel, _ reason: PortCloseReason)

    /// Has a node closed, elsewhere because that may take long, and free for others then.
    func leave(_ node: String, _ closing: @escaping @Sendable () -> Void)

    /// Has a way in served while a descriptor of its own is ready; by the token that is returned.
    func watch(
        _ descriptor: Int32, for interest: Epoll.Readiness, serving way: any WayIn
    ) throws(PortError) -> UInt64

    /// False once the daemon, told of something, has taken the port away.
    func isWatched(_ token: UInt64) -> Bool

    func unwatch(_ descriptor: Int32, _ token: UInt64)

    /// A channel is ready that is watched by its way in and not by the loop.
    func serve(_ token: UInt64, _ readiness: Epoll.Readiness, _ share: Int)

    /// What each of so many gets of the bytes that may be read.
    func share(of bytes: Int, among count: Int) -> Int

    /// Takes a peer up, in the place of another where there is none left.
    func admit(_ channel: Channel, of slot: PortSlot, from host: SocketAddress.Host)

    /// Makes room by closing a stranger; false when there is none but those whose bytes wait.
    func replaceStranger(of slot: PortSlot) -> Bool
}
