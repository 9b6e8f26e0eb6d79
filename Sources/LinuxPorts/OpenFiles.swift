import AlarmModel
import Glibc

/// How many files and sockets this process may have open.
public enum OpenFiles {
    /// Raises the soft limit to the hard one as far as that is allowed, and returns it. The soft
    /// one is 1,024 by default, for programs that use select(2); nothing here does.
    public static func raiseLimit() -> Int {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        unsafe getrlimit(files, &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(files, &limit)
        unsafe getrlimit(files, &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// How many of them the connections of devices may bring it to.
    static var forPeers: Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let most = Int(clamping: limit.rlim_cur)
        return most - min(Limits.otherFilesMax, most / 4)
    }

    /// What `ports` can have open at the most.
    public static func needed(by ports: [PortDefinition]) -> Int {
        let peers = ports.reduce(0) { $0 + $1.way.channelsMax }
        return min(peers, Limits.connectionsMax + ports.count)
    }
}
