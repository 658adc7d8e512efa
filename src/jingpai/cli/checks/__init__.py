"""What `jingpai doctor` looks at; each module is one check and works without the others."""
