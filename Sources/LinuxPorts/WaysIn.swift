import AlarmModel

extension PortDefinition.Way {
    /// All ways in. A further one is a file of its own, its case, and its line here.
    func make(_ slot: PortSlot, on host: any PortHost) -> any WayIn {
        switch self {
        case .serial(let match, let settings): SerialWay(slot, host, match, settings)
        case .hidraw(let match): HidrawWay(slot, host, match)
        case .pipe(let source): PipeWay(slot, host, source)
        case .tcpListen(let address, let idle): TCPListenWay(slot, host, address, idle: idle)
        case .tcpConnect(let address): TCPConnectWay(slot, host, address)
        case .serialServer(let address, let settings):
            SerialServerWay(slot, host, address, settings)
        case .udpListen(let address, let idle): UDPListenWay(slot, host, address, idle: idle)
        }
    }

    /// Open files of its channels, at the most.
    var channelsMax: Int {
        if case .tcpListen = self { Limits.connectionsPerListenerMax } else { 1 }
    }
}
