import AlarmModel
import LinuxPorts

extension StationConfiguration {
    /// Raises the limit of open files as far as it goes, and says so when that is not enough for
    /// what the ports may have open.
    func makeRoomForFiles() {
        let limit = OpenFiles.raiseLimit()
        let needed = OpenFiles.needed(by: ports.map(\.definition)) + Limits.otherFilesMax
        guard limit < needed else { return }
        Journal.write(
            .warning, "fewer files may be open than the ports can need; devices may be refused",
            [
                "LIMIT": "\(limit)", "NEEDED": "\(needed)",
                "REMEDY": "set LimitNOFILE=\(needed) or more in tocsind.service, or `ulimit -Hn`",
            ])
    }
}
