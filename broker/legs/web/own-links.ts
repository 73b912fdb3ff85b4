/**
 * Absolute links of a panel to itself, as it knows itself: in pages and redirects they are made to
 * lead to the session's own origin. Links to anywhere else are left as they are; nothing follows
 * them for the browser.
 */
export class OwnLinks {
  private readonly origin: RegExp;

  /**
   * @param hosts names and addresses of the panel
   * @param port of the endpoint; a link without one is meant too
   */
  constructor(hosts: readonly string[], port: number) {
    const names = [...new Set(hosts)].map((host) =>
      (host.includes(":") ? `[${host}]` : host).replace(/[\\^$.|?*+()[\]{}/-]/g, "\\$&"),
    );
    const own = `(?:${names.join("|")})(?::${port})?`;
    this.origin = new RegExp(`\\b(http|ws)s?:(\\\\?/\\\\?/)${own}(?![\\w.:-])`, "gi");
  }

  /** @param client the session's own host and port, as the browser named it */
  inText(text: string, client: string): string {
    const socket = /\.localhost(?::\d+)?$/.test(client) ? "ws" : "wss";
    return text.replace(this.origin, (_all, scheme: string, slashes: string) => {
      // A WebSocket needs its scheme; a link takes that of the page.
      return scheme.toLowerCase() === "ws"
        ? `${socket}:${slashes}${client}`
        : `${slashes}${client}`;
    });
  }

  /** A redirect as a path, where it leads to the panel itself. */
  inLocation(location: string): string {
    this.origin.lastIndex = 0;
    const match = this.origin.exec(location);
    if (match?.index !== 0) return location;
    const rest = location.slice(match[0].length);
    return rest.startsWith("/") ? rest : `/${rest}`;
  }
}
