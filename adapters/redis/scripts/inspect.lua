return { string.match(info, "\nmaster_replid:(%x+)"), mark }
