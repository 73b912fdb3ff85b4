/** What crosses the wire about native clients: their connections and sessions. */

/** A connection that has come, under its own number. */
export interface ServedWord {
  readonly door: number;
  readonly url: string;
  /** Paths of assets that are reached without security; true: nobody else comes through here. */
  readonly plain: readonly string[] | true;
  readonly address: string;
  readonly port: number;
}

/** A session whose ticket was good. */
export interface ProvedSession {
  readonly leg: number;
  /** Of the client, for people. */
  readonly peer: string;
  /** By which its requests are known: as they begin with it, in base64. */
  readonly token: string;
}
