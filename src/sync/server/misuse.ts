/** An invalid request of a client. The client gets the error, and it is reported with the instance's name. */
export class Misuse extends Error {}
