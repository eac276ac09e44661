/** A media type such as image/png, without parameters. */
export const mediaType = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;
