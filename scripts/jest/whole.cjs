// These install packages, start databases and run whole applications.
jest.setTimeout(600_000);
