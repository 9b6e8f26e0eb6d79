import Foundation
import LinuxPorts
import WireProtocols

extension StationConfiguration {
    /// What is unwise about a file that others may read and that holds the key or the password of a
    /// port: `FILE:LINE:COLUMN: warning: …`. Nil where there is none, or where it is kept well.
    func keyWarning(file path: String) -> String? {
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        let facts = try? FileManager.default.attributesOfItem(atPath: file)
        guard let port = ports.first(where: \.options.holdsSecret),
            let mode = facts?[.posixPermissions] as? Int, mode & 0o007 != 0
        else { return nil }
        return "\(path):1:1: warning: everybody on this machine may read the file, and it holds a "
            + "key of port \(port.definition.name); chmod o-rwx \(path)"
    }
}

extension ProtocolOptions {
    /// The words by which protocols name what only they and their devices may know.
    fileprivate var holdsSecret: Bool {
        values.keys.contains { $0 == "key" || $0.hasPrefix("key.") || $0 == "password" }
    }
}
