/// The configuration of the demonstration, built into the daemon.
public enum DefaultConfiguration {
    /// A station whose three ports are played by the simulator, all of it inside one directory.
    /// - Parameter directory: an absolute path.
    public static func text(directory: String) -> String {
        """
        # The station that `tocsind --demo` runs. Its ports are played by `tocsin simulate`.
        station: {id: demo, name: Demo station}
        ledger: {path: \(quoted("\(directory)/ledger.sqlite"))}
        captures: {path: \(quoted("\(directory)/captures"))}
        listen:
          - 127.0.0.1:8119
          - \(quoted("unix:\(directory)/tocsin.sock"))
        ports:
          - name: receiver-1
            match: {path: \(quoted("\(directory)/receiver-1"))}
            protocol: surgard
          - name: pendants
            match: {path: \(quoted("\(directory)/pendants"))}
            protocol: tocsin-link
            serial: {baud: 115200}
          - name: locators
            match: {path: \(quoted("\(directory)/locators"))}
            protocol: jt808
            serial: {baud: 115200}

        """
    }

    /// A YAML scalar that means `text`, whatever characters a directory has in its name.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }
}
