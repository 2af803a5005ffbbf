/** An id that the server takes, out of what people call a thing: "Zu warm für Tomaten" -> "zu-warm-fur-tomaten". */
export function idFrom(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{Mark}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
}
