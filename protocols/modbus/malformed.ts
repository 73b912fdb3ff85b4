/** A request that was framed but whose PDU is not a valid one; `exception` is the answer to it. */
export class Malformed {
  readonly exception: number;
  readonly reason: string;
  constructor(exception: number, reason: string) {
    this.exception = exception;
    this.reason = reason;
  }
}
