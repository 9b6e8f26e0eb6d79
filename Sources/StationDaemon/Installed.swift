/// Where an installed station has its files; the unit and the sample configuration say the same.
public enum Installed {
    public static let configuration = "/etc/tocsin/tocsin.yaml"
    public static let ledger = "/var/lib/tocsin/ledger.sqlite"
    public static let captures = "/var/lib/tocsin/captures"
    public static let socket = "/run/tocsin/tocsin.sock"
    /// Where the desk is reached without the socket.
    public static let address = "127.0.0.1:8119"
}
