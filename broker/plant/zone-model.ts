/** Sites, zones and conduits, after IEC 62443-3-2. Part of `model.ts`. */
export interface Site {
  readonly id: string;
  readonly name: string;
  /** IANA name, for example `Europe/Vienna`. */
  readonly timeZone: string;
  /** E-mail addresses: nobody else is a supervisor there. Absent: who has the role. */
  readonly supervisors?: readonly string[];
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  /** Purdue level: 0, 1, 2, 3, 3.5, 4 or 5. */
  readonly level: number;
  /** Target security level, 0–4. */
  readonly securityLevelTarget: number;
  /** The zone that contains it. */
  readonly parent?: string;
  /** Of a zone that no other contains, where the plant has several sites. */
  readonly site?: string;
}

/** A permitted channel between two zones. */
export interface Conduit {
  readonly from: string;
  readonly to: string;
  readonly protocols: readonly string[];
}
